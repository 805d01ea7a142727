/// Why a document was not read.
enum XMLRefusal: Error, Equatable {
  case notUTF8
  /// Characters above U+FFFF (表情, rare Han) and those that XML forbids.
  case unsupportedCharacter
  case documentType
  case duplicateField
  case malformed
}
