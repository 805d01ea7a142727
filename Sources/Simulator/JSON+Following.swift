import Server

extension JSON {
  /// This object with another one's members after its own.
  func followed(by other: JSON) -> JSON {
    .object((members ?? []) + (other.members ?? []))
  }
}
