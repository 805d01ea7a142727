import Payments

/// Reads the pieces of a flat XML message from front to back, each byte once.
struct XMLScanner {
  private let bytes: [UInt8]
  private var position = 0

  /// Checks every character and unifies line ends, before anything is looked at.
  init(_ received: [UInt8]) throws(XMLRefusal) {
    guard let text = String(validating: received, as: UTF8.self) else { throw .notUTF8 }
    guard text.unicodeScalars.allSatisfy(\.isXMLCharacter) else { throw .forbiddenCharacter }
    bytes = received.contains(.carriageReturn) ? Self.unified(received) : received
  }

  private static func unified(_ received: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    var previous: UInt8?
    for byte in received {
      if byte == .carriageReturn {
        bytes.append(.lineFeed)
      } else if byte != .lineFeed || previous != .carriageReturn {
        bytes.append(byte)
      }
      previous = byte
    }
    return bytes
  }

  var isAtEnd: Bool { position >= bytes.count }
  var isAtEndTag: Bool { isAt("</") }

  mutating func skipWhiteSpace() {
    while let byte = current, byte.isWhiteSpace { position += 1 }
  }

  /// An XML declaration says nothing that is not the default, so one of the usual spellings may
  /// stand at the beginning. Any other is refused later, as a processing instruction.
  mutating func skipDeclaration() {
    for quote in ["\"", "'"] {
      for encoding in ["", " encoding=\(quote)UTF-8\(quote)", " encoding=\(quote)utf-8\(quote)"] {
        if skip("<?xml version=\(quote)1.0\(quote)\(encoding)?>") { return }
      }
    }
  }

  /// `<name>`, or `<name/>`, which is an empty field.
  mutating func startTag() throws(XMLRefusal) -> (name: String, isEmpty: Bool) {
    if let refusal = refusedMarkup { throw refusal }
    guard skip("<") else { throw .notWellFormed }
    let name = try self.name()
    let afterName = position
    skipWhiteSpace()
    if skip(">") { return (name, false) }
    if skip("/>") { return (name, true) }
    throw isAtEnd ? .notWellFormed : position > afterName ? .attribute : .name
  }

  mutating func endTag(_ name: String) throws(XMLRefusal) {
    guard skip("</"), skip(name) else { throw .notWellFormed }
    skipWhiteSpace()
    guard skip(">") else { throw .notWellFormed }
  }

  /// The text up to the next end tag: pieces of text and CDATA, joined.
  mutating func text() throws(XMLRefusal) -> String {
    var value: [UInt8] = []
    while let byte = current {
      switch byte {
      case UInt8(ascii: "<"):
        if isAtEndTag { return String(decoding: value, as: UTF8.self) }
        if let refusal = refusedMarkup { throw refusal }
        guard skip("<![CDATA[") else { throw .nested }
        value += try characterData()
      case UInt8(ascii: "&"):
        value += try reference()
      default:
        // XML forbids the end of a CDATA section outside of one.
        if isAt("]]>") { throw .notWellFormed }
        value.append(byte)
        position += 1
      }
    }
    throw .notWellFormed
  }

  private mutating func characterData() throws(XMLRefusal) -> ArraySlice<UInt8> {
    let start = position
    while !isAtEnd {
      if isAt("]]>") {
        defer { position += 3 }
        return bytes[start..<position]
      }
      position += 1
    }
    throw .notWellFormed
  }

  /// `&lt;` and its four like, `&#60;`, `&#x3c;`.
  private mutating func reference() throws(XMLRefusal) -> String.UTF8View {
    for (entity, character) in Self.entities where skip(entity) { return character.utf8 }
    guard skip("&#") else { throw .reference }
    let radix = skip("x") ? 16 : 10
    // Seven digits name every character; more would only have to be guarded against overflow.
    let digits = bytes[position...].prefix(8).prefix { $0.isHexadecimalDigit }
    position += digits.count
    guard digits.count <= 7, skip(";"),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: radix)
    else { throw .reference }
    guard let scalar = Unicode.Scalar(value), scalar.isXMLCharacter else {
      throw .forbiddenCharacter
    }
    return String(scalar).utf8
  }

  private static let entities = [
    ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"),
  ]

  private mutating func name() throws(XMLRefusal) -> String {
    let name = bytes[position...].prefix(65).prefix {
      $0.isAlphanumeric || $0 == UInt8(ascii: "_")
    }
    guard let first = name.first, !first.isDigit, name.count <= 64 else { throw .name }
    position += name.count
    return String(decoding: name, as: UTF8.self)
  }

  /// What XML allows here and this dialect does not.
  private var refusedMarkup: XMLRefusal? {
    if isAt("<!--") { return .comment }
    if isAt("<!D") || isAt("<!E") { return .documentType }
    if isAt("<?") { return .processingInstruction }
    return nil
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private func isAt(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  /// Passes a text that stands here.
  private mutating func skip(_ text: String) -> Bool {
    guard isAt(text) else { return false }
    position += text.utf8.count
    return true
  }
}

extension UInt8 {
  fileprivate static let lineFeed = UInt8(ascii: "\n")
  fileprivate static let carriageReturn = UInt8(ascii: "\r")
  fileprivate var isWhiteSpace: Bool { " \t\n\r".utf8.contains(self) }
  fileprivate var isHexadecimalDigit: Bool {
    isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
      || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(self)
  }
}

extension Unicode.Scalar {
  /// The production `Char` of XML 1.0.
  fileprivate var isXMLCharacter: Bool {
    switch value {
    case 0x09, 0x0A, 0x0D: true
    case 0..<0x20, 0xFFFE, 0xFFFF: false
    default: true
    }
  }
}
