/// Something a `Pool` lends: a database connection, a curl session.
package protocol Lendable: ~Copyable {
  /// False once the resource must not be lent again: the pool drops it and opens another.
  var isUsable: Bool { get }
}
