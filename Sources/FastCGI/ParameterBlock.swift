/// The parameters of a request as they came, found to be what nginx sends when it is set up as we
/// ask: one sentence cannot be read in two ways by two readers.
///
/// Names are 1 to 128 characters out of `A-Z 0-9 _`, values UTF-8 without NUL, at most 200 of them
/// in at most 64 KiB, none twice. `WEIXINPAY_END` with the value `1` is the last: neither does a
/// request pass whose parameters were lost on the way, nor one to which nginx appended the client's
/// headers (`fastcgi_pass_request_headers on`), which could repeat what the configuration sets.
///
/// Only `HTTP_HOST` may follow it: nginx 1.29.5 and later append that name unless it is configured,
/// which it is not in a `weixinpay_params` of before. Nothing here reads it.
struct ParameterBlock {
  static let maximumBytes = 64 << 10
  static let maximumCount = 200
  static let endName = "WEIXINPAY_END"
  /// What nginx appends by itself.
  private static let appendedName = "HTTP_HOST"
  private static let maximumNameBytes = 128

  private typealias Pair = (name: ArraySlice<UInt8>, value: ArraySlice<UInt8>)

  private let values: [String: String]

  init(_ bytes: [UInt8]) throws(RequestRefusal) {
    // All lengths before all texts: a refusal of a text can be answered, and then libfcgi reads the
    // lengths.
    let pairs = try Self.pairs(bytes)
    var values: [String: String] = [:]
    values.reserveCapacity(pairs.count)
    var malformedText: String?
    for pair in pairs {
      let name = try Self.name(pair.name)
      guard values[name] == nil else { throw .duplicateParameter(name: name) }
      let value = Self.text(pair.value)
      if value == nil, malformedText == nil { malformedText = name }
      values[name] = value ?? ""
    }
    let names = pairs.map(\.name)
    let named =
      names.last?.elementsEqual(Self.appendedName.utf8) == true ? names.dropLast() : names[...]
    guard values[Self.endName] == "1", let last = named.last, last.elementsEqual(Self.endName.utf8)
    else { throw .missingEnd }
    if let malformedText { throw .malformedText(name: malformedText) }
    self.values = values
  }

  /// What CONTENT_LENGTH says, in bytes. nginx leaves it empty when there is no body.
  var contentLength: Int {
    get throws(RequestRefusal) {
      guard let text = values["CONTENT_LENGTH"] else { throw .missingContentLength }
      guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
        throw .malformedContentLength
      }
      guard !text.isEmpty else { return 0 }
      // Digits alone fail only by being too many.
      guard let length = Int(text) else { throw .bodyTooLarge }
      return length
    }
  }

  private static func pairs(_ bytes: [UInt8]) throws(RequestRefusal) -> [Pair] {
    var pairs: [Pair] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      guard pairs.count < maximumCount else { throw .tooManyParameters }
      let nameLength = try length(&rest)
      let valueLength = try length(&rest)
      // Each length is below 2³¹, so that the sum cannot overflow.
      guard nameLength + valueLength <= rest.count else { throw .malformedParameters }
      let name = rest.prefix(nameLength)
      rest = rest.dropFirst(nameLength)
      pairs.append((name, rest.prefix(valueLength)))
      rest = rest.dropFirst(valueLength)
    }
    return pairs
  }

  /// One byte below 128, or four whose first bit is set. Source: FastCGI Specification, 3.4.
  private static func length(_ rest: inout ArraySlice<UInt8>) throws(RequestRefusal) -> Int {
    guard let first = rest.popFirst() else { throw .malformedParameters }
    guard first >= 0x80 else { return Int(first) }
    guard rest.count >= 3 else { throw .malformedParameters }
    let tail = rest.prefix(3)
    rest = rest.dropFirst(3)
    return tail.reduce(Int(first & 0x7F)) { $0 << 8 | Int($1) }
  }

  private static func name(_ bytes: ArraySlice<UInt8>) throws(RequestRefusal) -> String {
    guard (1...maximumNameBytes).contains(bytes.count), bytes.allSatisfy(isNameCharacter) else {
      throw .malformedParameterName
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
    guard !bytes.contains(0) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}
