/// Reads WeChat's flat XML: one root, children with text or CDATA, nothing else.
///
/// Document types, attributes, comments, nesting and repeated children are refused: no merchant has
/// a reason to send them, and each has been somebody's hole.
struct XMLReader {
  private var rest: ArraySlice<UInt8>

  /// - Returns: the root's children in their order; a line end within a value is one U+000A, as XML
  ///   demands of every reader.
  static func read(_ document: [UInt8]) throws(XMLRefusal) -> Message {
    guard let text = String(validating: document, as: UTF8.self) else { throw .notUTF8 }
    guard text.unicodeScalars.allSatisfy(isSupported) else { throw .unsupportedCharacter }
    var reader = XMLReader(rest: normalizeLineEnds(document)[...])
    return try reader.readDocument()
  }

  private mutating func readDocument() throws(XMLRefusal) -> Message {
    if skip("<?xml ") {
      guard readText(until: "?>") != nil else { throw .malformed }
    }
    skipSpace()
    guard !skip("<!DOCTYPE") else { throw .documentType }
    guard skip("<xml>") else { throw .malformed }
    var fields: [Field] = []
    var names: Set<String> = []
    skipSpace()
    while !skip("</xml>") {
      let field = try readField()
      guard names.insert(field.name).inserted else { throw .duplicateField }
      fields.append(field)
      skipSpace()
    }
    skipSpace()
    guard rest.isEmpty else { throw .malformed }
    return Message(fields)
  }

  private mutating func readField() throws(XMLRefusal) -> Field {
    guard skip("<") else { throw .malformed }
    let name = rest.prefix(while: Self.isNameByte)
    guard let first = name.first, !Self.isDigit(first) else { throw .malformed }
    rest = rest.dropFirst(name.count)
    let text = String(decoding: name, as: UTF8.self)
    if skip("/>") { return Field(text, "") }
    guard skip(">") else { throw .malformed }
    let value = try readValue()
    guard skip("</"), skip(text), skip(">") else { throw .malformed }
    return Field(text, value)
  }

  /// Pieces of text and CDATA up to the next tag; they are one value.
  private mutating func readValue() throws(XMLRefusal) -> String {
    var value: [UInt8] = []
    while let byte = rest.first {
      if skip("<![CDATA[") {
        guard let text = readText(until: "]]>") else { throw .malformed }
        value += text
      } else if byte == UInt8(ascii: "<") {
        return String(decoding: value, as: UTF8.self)
      } else if byte == UInt8(ascii: "&") {
        value += try readReference()
      } else {
        // XML reserves this end mark for CDATA.
        guard !skip("]]>") else { throw .malformed }
        value.append(byte)
        rest = rest.dropFirst()
      }
    }
    throw .malformed
  }

  private mutating func readReference() throws(XMLRefusal) -> [UInt8] {
    rest = rest.dropFirst()
    guard let end = rest.prefix(10).firstIndex(of: UInt8(ascii: ";")) else { throw .malformed }
    let name = String(decoding: rest[..<end], as: UTF8.self)
    rest = rest[(end + 1)...]
    if let character = Self.predefined[name] { return [character] }
    // Swift's numbers may have a sign, XML's have none.
    guard name.hasPrefix("#"), !name.contains("+") else { throw .malformed }
    let digits = name.dropFirst()
    let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    guard let number, let scalar = Unicode.Scalar(number) else { throw .malformed }
    guard Self.isSupported(scalar) else { throw .unsupportedCharacter }
    return Array(String(Character(scalar)).utf8)
  }

  /// The bytes before `mark`, which is skipped; nil when it does not come.
  private mutating func readText(until mark: String) -> ArraySlice<UInt8>? {
    let start = rest
    while !rest.isEmpty {
      let place = rest.startIndex
      if skip(mark) { return start[..<place] }
      rest = rest.dropFirst()
    }
    return nil
  }

  /// Steps over `text` when it comes next.
  private mutating func skip(_ text: String) -> Bool {
    guard rest.starts(with: text.utf8) else { return false }
    rest = rest.dropFirst(text.utf8.count)
    return true
  }

  private mutating func skipSpace() {
    rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A }
  }

  private static let predefined: [String: UInt8] = [
    "amp": UInt8(ascii: "&"), "lt": UInt8(ascii: "<"), "gt": UInt8(ascii: ">"),
    "quot": UInt8(ascii: "\""), "apos": UInt8(ascii: "'"),
  ]

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"):
      true
    default: isDigit(byte)
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// XML 1.0's characters, less those that APIv2 does not support (4 bytes in UTF-8).
  private static func isSupported(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A, 0x0D, 0x20...0xD7FF, 0xE000...0xFFFD: true
    default: false
    }
  }

  private static func normalizeLineEnds(_ document: [UInt8]) -> [UInt8] {
    guard document.contains(0x0D) else { return document }
    var normalized: [UInt8] = []
    var previous: UInt8 = 0
    for byte in document {
      if byte == 0x0D {
        normalized.append(0x0A)
      } else if byte != 0x0A || previous != 0x0D {
        normalized.append(byte)
      }
      previous = byte
    }
    return normalized
  }
}

/// Why a document was not read.
enum XMLRefusal: Error, Equatable {
  case notUTF8
  /// Characters above U+FFFF (表情, rare Han) and those that XML forbids.
  case unsupportedCharacter
  case documentType
  case duplicateField
  case malformed
}
