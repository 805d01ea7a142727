/// Why bytes are no message of APIv2. No case carries a value.
public enum XMLRefusal: Error, Sendable, Equatable {
  /// More than `FlatXML.maximumBytes`.
  case tooLong
  /// More than `FlatXML.maximumFields`.
  case tooManyFields
  case notUTF8
  /// A character that XML 1.0 does not have: U+0000 to U+001F except tab, LF and CR, U+FFFE,
  /// U+FFFF; also as a numeric reference.
  case forbiddenCharacter
  /// Another root element: an HTML page, for instance.
  case otherRoot
  /// A document type, with which entities are defined.
  case documentType
  case comment
  case processingInstruction
  case attribute
  /// An element inside a field.
  case nested
  /// The same field twice: checks would see one and actions the other.
  case duplicate(String)
  /// Not `[A-Za-z_][A-Za-z0-9_]{0,63}`.
  case name
  /// Another reference than the five of XML and the numeric ones.
  case reference
  /// A tag, a CDATA section or the whole that does not end, or text where none may stand.
  case notWellFormed
  /// Something after the root element.
  case trailingBytes
}
