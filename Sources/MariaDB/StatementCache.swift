/// The statements prepared on one connection, by their text. Preparing costs a round trip, and the
/// program has a few dozen texts.
struct StatementCache {
  private struct Entry {
    let statement: Statement
    var lastUse: Int
  }

  private var entries: [String: Entry] = [:]
  private var uses = 0

  /// How many statements a connection keeps; the server bounds the sum over all connections.
  static let capacity = 64

  /// The statement for `sql`, prepared if it is not there; the one unused for longest makes room.
  mutating func statement(_ sql: String, on handle: Handle) throws(MariaDBError) -> Statement {
    uses += 1
    if let statement = kept(sql) {
      entries[sql]?.lastUse = uses
      return statement
    }
    let statement = try Statement(sql, on: handle)
    if entries.count == Self.capacity,
      let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
    {
      entries[oldest.key] = nil
    }
    entries[sql] = Entry(statement: statement, lastUse: uses)
    return statement
  }

  /// The statement for `sql` if it is there.
  func kept(_ sql: String) -> Statement? { entries[sql]?.statement }

  /// Closes the statement for `sql`.
  mutating func forget(_ sql: String) { entries[sql] = nil }
}
