/// A value bound to a placeholder of a statement.
package enum Value: Sendable, Equatable {
  case null
  case integer(Int64)
  /// Sent as utf8mb4; for `CHAR`, `VARCHAR` and `TEXT` columns.
  case text(String)
  /// Sent as it is; for `BINARY`, `VARBINARY` and `BLOB` columns.
  case bytes([UInt8])
}
