/// Why bytes are no message of APIv2. No case carries a value.
package enum XMLRefusal: Error, Sendable, Equatable {
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

extension XMLRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tooLong: "it is too long"
    case .tooManyFields: "it has too many fields"
    case .notUTF8: "it is not UTF-8"
    case .forbiddenCharacter: "it holds a character that XML does not have"
    case .otherRoot: "its root element is not xml; a web page, for instance"
    case .documentType: "it has a document type"
    case .comment: "it holds a comment"
    case .processingInstruction: "it holds a processing instruction"
    case .attribute: "an element has an attribute"
    case .nested: "an element stands within a field"
    case .duplicate(let name): "\(name) is there twice"
    case .name: "a field's name is not of XML's shape"
    case .reference: "it holds a reference that XML does not have"
    case .notWellFormed: "it is not well-formed XML, or was cut off"
    case .trailingBytes: "something follows the root element"
    }
  }
}
