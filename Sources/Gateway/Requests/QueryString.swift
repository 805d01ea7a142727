import Configuration
import Server

extension Request {
  /// A value of the query string; `nil` when absent. Names and values are percent-decoded.
  func queryValue(_ name: String) throws(Refusal) -> String? {
    guard let pair = queryPairs.first(where: { $0.name == name }) else { return nil }
    guard let value = pair.value else {
      throw Refusal(.malformedRequest, "\(name) in the query is not UTF-8, percent-encoded.")
    }
    return value
  }

  /// - Throws: `malformedRequest` when the query holds another name, or one twice. A misspelt filter
  ///   that is ignored answers with everything there is.
  func allowQuery(_ names: [String]) throws(Refusal) {
    var seen: Set<String> = []
    for pair in queryPairs {
      guard let name = pair.name, names.contains(name) else {
        // The hint takes time that grows with the name.
        let hint = pair.name.flatMap { $0.utf8.count <= 32 ? nearest(to: $0, among: names) : nil }
        throw Refusal(
          .malformedRequest,
          "The query has a member that is not known here; it takes \(names.joined(separator: ", "))."
            + (hint.map { " Did you mean \($0)?" } ?? ""))
      }
      guard seen.insert(name).inserted else {
        throw Refusal(.malformedRequest, "\(name) stands twice in the query.")
      }
    }
  }

  /// `nil` for what is not UTF-8, percent-encoded.
  private var queryPairs: [(name: String?, value: String?)] {
    query.split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (percentDecoded(parts[0]), percentDecoded(parts.count == 2 ? parts[1] : ""))
    }
  }
}

/// Decodes `%41` and `+`; `nil` when the escapes or the UTF-8 are wrong.
private func percentDecoded(_ text: Substring) -> String? {
  var bytes: [UInt8] = []
  var rest = Array(text.utf8)[...]
  while let byte = rest.popFirst() {
    switch byte {
    case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
    case UInt8(ascii: "%"):
      guard let high = rest.popFirst()?.hexadecimalValue,
        let low = rest.popFirst()?.hexadecimalValue
      else { return nil }
      bytes.append(high << 4 | low)
    default: bytes.append(byte)
    }
  }
  return String(validating: bytes, as: UTF8.self)
}

extension UInt8 {
  fileprivate var hexadecimalValue: UInt8? {
    Character(Unicode.Scalar(self)).hexDigitValue.map(UInt8.init)
  }
}
