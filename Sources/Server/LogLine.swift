import Text

/// One line of the log, being written.
struct LogLine {
  private static let maximumValueBytes = 512

  private let format: LineLogHandler.Format
  private var bytes: [UInt8] = []

  init(format: LineLogHandler.Format) { self.format = format }

  mutating func append(_ name: String, _ value: String) {
    let value = Self.cut(value)
    switch format {
    case .logfmt:
      if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
      bytes += name.utf8.map { Self.isPlain($0) ? $0 : UInt8(ascii: "_") }
      bytes.append(UInt8(ascii: "="))
      if !value.isEmpty, value.utf8.allSatisfy(Self.isPlain) {
        bytes += value.utf8
      } else {
        appendQuoted(value)
      }
    case .json:
      bytes.append(UInt8(ascii: bytes.isEmpty ? "{" : ","))
      appendQuoted(name)
      bytes.append(UInt8(ascii: ":"))
      appendQuoted(value)
    }
  }

  /// The line with its end, ready for a single write.
  var finished: [UInt8] {
    switch format {
    case .logfmt: bytes + [UInt8(ascii: "\n")]
    case .json: bytes + [UInt8(ascii: "}"), UInt8(ascii: "\n")]
    }
  }

  /// A JSON string, for logfmt too: its readers understand the same escapes.
  private mutating func appendQuoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": bytes += "\\\"".utf8
      case "\\": bytes += "\\\\".utf8
      case "\n": bytes += "\\n".utf8
      case "\r": bytes += "\\r".utf8
      case "\t": bytes += "\\t".utf8
      default: bytes += (scalar.isVisible ? String(scalar) : scalar.escaped).utf8
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// At most 512 bytes, and whole characters of them.
  private static func cut(_ text: String) -> String {
    guard text.utf8.count > maximumValueBytes else { return text }
    var kept = ""
    for scalar in text.unicodeScalars {
      guard kept.utf8.count + UTF8.width(scalar) <= maximumValueBytes - 3 else { break }
      kept.unicodeScalars.append(scalar)
    }
    return kept + "…"
  }

  /// What needs no quotes in logfmt.
  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
      && byte != UInt8(ascii: "\\")
  }
}
