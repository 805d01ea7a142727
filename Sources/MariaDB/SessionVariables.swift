/// What every session is set to, whatever the server's defaults are.
struct SessionVariables {
  /// By name: the value as `SHOW VARIABLES` prints it.
  private let expected: [(name: String, value: String)]
  /// Sets all of them in one round trip.
  private let statement: String

  init(statementLimit: Duration) {
    // The server gives up before the client does: then the statement fails and the connection lives.
    let limit = Self.seconds(statementLimit * 3 / 4)
    let set: [(name: String, value: String, shown: String)] =
      Self.fixed.map { ($0.name, $0.value, $0.shown ?? $0.value) } + [
        ("max_statement_time", limit, limit)
      ]
    statement =
      "SET NAMES utf8mb4 COLLATE utf8mb4_general_ci, "
      + set.map { name, value, _ in
        "SESSION \(name) = \(value.allSatisfy(\.isPlainNumber) && !value.isEmpty ? value : "'\(value)'")"
      }.joined(separator: ", ")
    expected =
      set.map { ($0.name, $0.shown) } + [
        ("character_set_client", "utf8mb4"), ("character_set_connection", "utf8mb4"),
        ("character_set_results", "utf8mb4"), ("collation_connection", "utf8mb4_general_ci"),
      ]
  }

  /// What our statements rest on, and a server's configuration or `init_connect` may have set
  /// otherwise: the value, and how `SHOW VARIABLES` prints it where that differs.
  private static let fixed: [(name: String, value: String, shown: String?)] = [
    ("autocommit", "1", "ON"),
    // COMMIT ends the transaction, and neither begins the next nor ends the session.
    ("completion_type", "NO_CHAIN", nil),
    // Values that do not fit are refused, not cut to size.
    (
      "sql_mode",
      "STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
      nil
    ),
    ("old_mode", "", nil),
    // Words of errors, from which values are cut out, are those that we know.
    ("lc_messages", "en_US", nil),
    ("time_zone", "+00:00", nil),
    // Seconds. The default of 50 holds a worker far beyond any request's deadline.
    ("innodb_lock_wait_timeout", "1", nil),
    // The same for locks on tables, of which the default is a day.
    ("lock_wait_timeout", "1", nil),
    // Seconds after which the server rolls back for a client that fell silent with locks held.
    ("idle_transaction_timeout", "5", nil),
    ("idle_write_transaction_timeout", "0", nil), ("idle_readonly_transaction_timeout", "0", nil),
    // What is asked for is all there is, and what is to be changed is changed.
    ("sql_select_limit", "18446744073709551615", nil), ("sql_big_selects", "1", "ON"),
    ("sql_safe_updates", "0", "OFF"), ("sql_auto_is_null", "0", "OFF"),
    ("group_concat_max_len", "1048576", nil), ("max_sort_length", "1024", nil),
    ("unique_checks", "1", "ON"), ("foreign_key_checks", "1", "ON"),
    ("check_constraint_checks", "1", "ON"),
  ]

  /// - Throws: `MariaDBError` that names the first variable with another value than expected.
  func apply(to handle: Handle) throws(MariaDBError) {
    // Before anything is asked of a table: a session that may only read cannot be told otherwise in
    // a transaction. By a statement, as the variables have other names in later versions.
    try handle.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE")
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
    for (names, value) in [
      (["transaction_isolation", "tx_isolation"], "READ-COMMITTED"),
      (["transaction_read_only", "tx_read_only"], "OFF"),
    ] {
      let name = names.first { shown[$0] != nil } ?? names[0]
      try Self.verify([(name, value)], shown)
    }
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
