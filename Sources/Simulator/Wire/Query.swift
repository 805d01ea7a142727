/// The parameters of a URL's query, percent-decoded.
struct Query: Sendable {
  private let parameters: [String: String]

  /// The first value of a name counts; pairs that are no UTF-8 are left out.
  init(_ text: String) {
    var parameters: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decode(parts[0]),
        let value = parts.count == 2 ? Self.decode(parts[1]) : "", parameters[name] == nil
      else { continue }
      parameters[name] = value
    }
    self.parameters = parameters
  }

  /// Nil when the parameter is absent or empty.
  subscript(name: String) -> String? {
    parameters[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func decode(_ text: Substring) -> String? {
    var rest = Array(text.utf8)[...]
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        let digits = String(decoding: rest.prefix(2), as: UTF8.self)
        guard digits.utf8.count == 2, !digits.contains("+"), let decoded = UInt8(digits, radix: 16)
        else { return nil }
        bytes.append(decoded)
        rest = rest.dropFirst(2)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
