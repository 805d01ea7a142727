/// What every session is set to, whatever the server's defaults are.
struct SessionVariables {
  /// By name: the value as `SHOW VARIABLES` prints it.
  private let expected: [(name: String, value: String)]
  /// Sets all of them in one round trip.
  private let statement: String

  init(statementLimit: Duration) {
    // The server gives up before the client does: then the statement fails and the connection lives.
    let limit = Self.seconds(statementLimit * 3 / 4)
    let set = [
      // Values that do not fit are refused, not cut to size.
      (
        "sql_mode",
        "STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
      ),
      ("time_zone", "+00:00"),
      ("tx_isolation", "READ-COMMITTED"),
      // Seconds. The default of 50 holds a worker far beyond any request's deadline.
      ("innodb_lock_wait_timeout", "1"),
      // The same for locks on tables, of which the default is a day.
      ("lock_wait_timeout", "1"),
      // Seconds after which the server rolls back for a client that fell silent with locks held.
      ("idle_transaction_timeout", "5"),
      ("max_statement_time", limit),
    ]
    statement =
      "SET SESSION autocommit = 1, "
      + set.map { name, value in
        "\(name) = \(value.allSatisfy(\.isPlainNumber) ? value : "'\(value)'")"
      }.joined(separator: ", ")
    expected =
      set + [
        ("autocommit", "ON"), ("character_set_client", "utf8mb4"),
        ("character_set_connection", "utf8mb4"), ("character_set_results", "utf8mb4"),
      ]
  }

  /// - Throws: `MariaDBError` that names the first variable with another value than expected.
  func apply(to handle: Handle) throws(MariaDBError) {
    try handle.run(statement)
    var shown = try Self.variables(of: handle)
    if shown["wsrep_on"] == "ON" {
      // In a cluster a read must wait until its node has applied what was committed elsewhere
      // before: without, 11 of 300 reads were measured stale.
      try handle.run("SET SESSION wsrep_sync_wait = 1")
      shown = try Self.variables(of: handle)
      try Self.verify([("wsrep_sync_wait", "1")], shown)
    }
    try Self.verify(expected, shown)
  }

  private static func verify(
    _ expected: [(name: String, value: String)], _ shown: [String: String]
  ) throws(MariaDBError) {
    for (name, value) in expected where shown[name] != value {
      throw .refused(
        "the session variable \(name) should be \(value), it is \(shown[name] ?? "missing")")
    }
  }

  private static func variables(of handle: Handle) throws(MariaDBError) -> [String: String] {
    try MariaDB.variables(Statement("SHOW SESSION VARIABLES", on: handle).execute([]))
  }

  private static func seconds(_ duration: Duration) -> String {
    let (seconds, rest) = duration.milliseconds.quotientAndRemainder(dividingBy: 1000)
    return "\(seconds).\(String(1_000 + rest).dropFirst())000"
  }
}

/// The rows of `SHOW VARIABLES`, by name.
func variables(_ rows: [Row]) throws(MariaDBError) -> [String: String] {
  var variables: [String: String] = [:]
  for row in rows { variables[try row.text("Variable_name")] = try row.text("Value") }
  return variables
}

extension Character {
  fileprivate var isPlainNumber: Bool { self == "." || ("0"..."9").contains(self) }
}
