/// A number or name that identifies something: an order, a payer, a merchant.
///
/// Always ASCII, so that Swift's comparison of text is a comparison of bytes: `Abc` and `abc` are
/// two orders, and no two spellings mean the same one.
package protocol Identifier: Hashable, Sendable, CustomStringConvertible {
  /// The identifier as it stands on the wire and in the database.
  var text: String { get }

  /// - Returns: `nil` unless the text has the identifier's shape.
  init?(_ text: String)
}

extension Identifier {
  package var description: String { text }
}
