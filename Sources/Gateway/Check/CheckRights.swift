import MariaDB

extension Check {
  /// Whether the service's account may do what it must, and cannot rewrite the journal.
  ///
  /// Each right is tried by a statement that touches no row, because grants can also come by roles
  /// and patterns, which no list shows as they are applied.
  ///
  /// - Parameter file: the configuration file.
  static func checkRights(
    _ connection: inout Connection, file: String
  ) throws(MariaDBError) -> [Finding] {
    var missing: [String] = []
    for statement in needed where try !connection.mayRun(statement) {
      missing.append(statement.split(separator: " WHERE").first.map(String.init) ?? statement)
    }
    guard missing.isEmpty else {
      return [
        .fail(
          "rights", "the account may not: \(missing.joined(separator: "; "))",
          "run as root: \(OperatorCommand.migrate(file))")
      ]
    }
    var excessive: [String] = []
    for statement in forbidden where try connection.mayRun(statement) {
      excessive.append(String(statement.prefix { $0 != " " }))
    }
    guard excessive.isEmpty else {
      return [
        .warn(
          "rights",
          "the account may \(excessive.joined(separator: " and ")) in the journal, which"
            + " is to be append-only",
          "give database.user an account of its own, then run as root: \(OperatorCommand.migrate(file))"
        )
      ]
    }
    return [.ok("rights", "as needed, and the journal can only grow")]
  }

  private static let needed =
    [
      "journal", "notification", "login_session", "merchant_token", "payment", "refund", "duty",
      "pace", "event", "delivery", "alarm", "order_query", "refund_day",
    ].map {
      "INSERT INTO \($0) SELECT * FROM \($0) WHERE 1 = 0"
    } + [
      "SELECT 1 FROM shop_order WHERE 1 = 0",
      "UPDATE payment SET state = state WHERE 1 = 0", "UPDATE duty SET kind = kind WHERE 1 = 0",
      "UPDATE refund SET state = state WHERE 1 = 0", "UPDATE pace SET kind = kind WHERE 1 = 0",
      "UPDATE delivery SET state = state WHERE 1 = 0",
      "UPDATE refund_day SET holder = holder WHERE 1 = 0",
      "UPDATE alarm SET note = note WHERE 1 = 0",
      "UPDATE order_query SET queried_at = queried_at WHERE 1 = 0",
      "UPDATE notification SET outcome = outcome WHERE 1 = 0",
      "DELETE FROM login_session WHERE 1 = 0",
    ]

  private static let forbidden = [
    "UPDATE journal SET detail = detail WHERE 1 = 0", "DELETE FROM journal WHERE 1 = 0",
  ]
}

extension Connection {
  fileprivate mutating func mayRun(_ statement: String) throws(MariaDBError) -> Bool {
    do {
      if statement.hasPrefix("SELECT") {
        _ = try query(statement)
      } else {
        try execute(statement)
      }
      return true
    } catch {
      // 1142 and 1143: refused for the table, or for one of its columns.
      guard [1142, 1143].contains(error.code) else { throw error }
      return false
    }
  }
}
