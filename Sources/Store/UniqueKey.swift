import MariaDB

extension Connection {
  /// Executes a statement that a unique key may forbid.
  ///
  /// - Returns: the number of changed rows; `nil` when the key is taken: somebody was faster, which
  ///   is a normal course of things here.
  mutating func executeUnlessTaken(
    _ sql: String, _ values: [Value]
  ) throws(MariaDBError) -> Int? {
    do throws(MariaDBError) {
      return try execute(sql, values)
    } catch {
      guard error.kind == .duplicateKey else { throw error }
      return nil
    }
  }
}
