extension JSON {
  /// Parses one JSON text, more strictly than RFC 8259 asks for: UTF-8 without byte order mark, no
  /// name twice in an object, at most 8 values inside one another, no zero character in a string,
  /// no half of a surrogate pair.
  ///
  /// - Throws: `JSONRefusal`.
  package init(parsing bytes: [UInt8]) throws(JSONRefusal) {
    var reader = JSONReader(bytes: bytes)
    self = try reader.text()
  }
}

/// Why a text is not taken for JSON.
package struct JSONRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  /// How many bytes come before the place where the text stopped making sense.
  package let position: Int
  /// What was expected there. Quotes nothing of the text.
  package let reason: String

  package var description: String { "Not JSON, after \(position) bytes: \(reason)" }
}

/// Reads by recursive descent; the limit on depth also bounds the stack.
private struct JSONReader {
  static let depthLimit = 8

  let bytes: [UInt8]
  var position = 0
  var depth = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func text() throws(JSONRefusal) -> JSON {
    skipSpace()
    let json = try value()
    skipSpace()
    guard next == nil else { throw refusal("Nothing may follow the value.") }
    return json
  }

  private mutating func value() throws(JSONRefusal) -> JSON {
    guard let first = next else { throw refusal("A value is expected.") }
    return switch first {
    case UInt8(ascii: "{"): try nested { reader throws(JSONRefusal) in try reader.object() }
    case UInt8(ascii: "["): try nested { reader throws(JSONRefusal) in try reader.array() }
    case UInt8(ascii: "\""): .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number(try number())
    case UInt8(ascii: "t"): try word("true", .bool(true))
    case UInt8(ascii: "f"): try word("false", .bool(false))
    case UInt8(ascii: "n"): try word("null", .null)
    default: throw refusal("A value is expected.")
    }
  }

  private mutating func nested(
    _ read: (inout JSONReader) throws(JSONRefusal) -> JSON
  ) throws(JSONRefusal) -> JSON {
    guard depth < Self.depthLimit else {
      throw refusal("At most \(Self.depthLimit) values may lie inside one another.")
    }
    depth += 1
    defer { depth -= 1 }
    return try read(&self)
  }

  private mutating func object() throws(JSONRefusal) -> JSON {
    var members: [JSON.Member] = []
    // Bytes, as equal Strings may differ in bytes. A set, as comparing each name with each other
    // would let one body of 64 KiB keep a processor busy.
    var names: Set<[UInt8]> = []
    try list(until: UInt8(ascii: "}")) { reader throws(JSONRefusal) in
      guard reader.next == UInt8(ascii: "\"") else { throw reader.refusal("A name is expected.") }
      let name = try reader.string()
      guard names.insert(Array(name.utf8)).inserted else {
        throw reader.refusal("An object may hold a name only once.")
      }
      reader.skipSpace()
      guard reader.take(UInt8(ascii: ":")) else { throw reader.refusal("A colon is expected.") }
      reader.skipSpace()
      members.append(.init(name: name, value: try reader.value()))
    }
    return .object(members)
  }

  private mutating func array() throws(JSONRefusal) -> JSON {
    var elements: [JSON] = []
    try list(until: UInt8(ascii: "]")) { reader throws(JSONRefusal) in
      elements.append(try reader.value())
    }
    return .array(elements)
  }

  /// Reads what `{` and `[` have in common: items, commas, the end.
  private mutating func list(
    until end: UInt8, _ item: (inout JSONReader) throws(JSONRefusal) -> Void
  ) throws(JSONRefusal) {
    position += 1
    skipSpace()
    if take(end) { return }
    repeat {
      skipSpace()
      try item(&self)
      skipSpace()
    } while take(UInt8(ascii: ","))
    guard take(end) else { throw refusal("A comma or the end of the list is expected.") }
  }

  private mutating func word(_ word: String, _ value: JSON) throws(JSONRefusal) -> JSON {
    for byte in word.utf8 {
      guard take(byte) else { throw refusal("A value is expected.") }
    }
    return value
  }
}

// MARK: Numbers and strings

extension JSONReader {
  private mutating func number() throws(JSONRefusal) -> String {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func digits() throws(JSONRefusal) {
    let start = position
    while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
    guard position > start else { throw refusal("A digit is expected.") }
  }

  private mutating func string() throws(JSONRefusal) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        // Checked as a whole: an escape cannot complete a sequence that is cut off before it.
        guard let text = String(validating: content, as: UTF8.self) else {
          throw JSONRefusal(position: start, reason: "This string is not UTF-8.")
        }
        return text
      case UInt8(ascii: "\\"): content += Array(String(try escaped()).utf8)
      case 0..<0x20: throw refusal("A control character must be escaped.")
      default: content.append(byte)
      }
    }
    throw refusal("The string does not end.")
  }

  private mutating func escaped() throws(JSONRefusal) -> Character {
    let letter = next
    position += 1
    switch letter {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try escapedUnicode()
    default: throw refusal("This escape sequence does not exist.")
    }
  }

  private mutating func escapedUnicode() throws(JSONRefusal) -> Character {
    var code = try fourHexadecimalDigits()
    if 0xd800..<0xdc00 ~= code, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let low = try fourHexadecimalDigits()
      // Not a low surrogate: `code` stays a lone one and is refused below.
      if 0xdc00..<0xe000 ~= low { code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) }
    }
    guard code != 0, let scalar = Unicode.Scalar(code) else {
      throw refusal("A zero character or half of a surrogate pair may not be escaped.")
    }
    return Character(scalar)
  }

  private mutating func fourHexadecimalDigits() throws(JSONRefusal) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw refusal("Four hexadecimal digits are expected.")
      }
      value = (value << 4) + UInt32(digit)
      position += 1
    }
    return value
  }
}

// MARK: Bytes

extension JSONReader {
  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
      position += 1
    }
  }

  private func refusal(_ reason: String) -> JSONRefusal {
    JSONRefusal(position: min(position, bytes.count), reason: reason)
  }
}
