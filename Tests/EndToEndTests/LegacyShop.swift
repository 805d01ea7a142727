import MariaDB
import TestSupport

/// A shop of an old kind, whose account may do what is declared and nothing else.
struct LegacyShop {
  let name: String
  let server: PrivateMariaDB

  init() throws {
    server = try PrivateMariaDB.shared
    name = try server.createDatabase()
    try run(
      "CREATE TABLE ecs_order_info (order_sn VARCHAR(32) PRIMARY KEY, pay_status INT DEFAULT 0,"
        + " pay_time INT DEFAULT 0, money_paid DECIMAL(10,2) DEFAULT 0,"
        + " refunded DECIMAL(10,2) DEFAULT 0, trade VARCHAR(32) DEFAULT '',"
        + " points INT DEFAULT 0) ENGINE = MyISAM CHARACTER SET utf8mb3")
    try run(
      "CREATE TABLE ecs_pay_log (order_sn VARCHAR(32), what VARCHAR(20),"
        + " PRIMARY KEY (order_sn, what)) ENGINE = MyISAM CHARACTER SET utf8mb3")
    try run("CREATE USER '\(account)'@'localhost' IDENTIFIED BY 'shop-password-1'")
    try run("GRANT SELECT, UPDATE ON ecs_order_info TO '\(account)'@'localhost'")
    try run("GRANT SELECT, INSERT ON ecs_pay_log TO '\(account)'@'localhost'")
  }

  var account: String { "shop_" + name.suffix(10) }

  func run(_ sql: String) throws {
    var connection = try Connection(server.settings(database: name))
    try connection.run(sql)
  }

  func order(_ number: String) throws -> String {
    var connection = try Connection(server.settings(database: name))
    return try connection.query(
      """
      SELECT CONCAT_WS(' ', pay_status, money_paid, refunded, points,
        IF(pay_time > 1700000000, 'timed', 'untimed'),
        (SELECT GROUP_CONCAT(what ORDER BY what) FROM ecs_pay_log l
          WHERE l.order_sn = o.order_sn)) AS story
      FROM ecs_order_info o WHERE order_sn = ?
      """, [.text(number)])[0].text("story")
  }

  var lines: [String] {
    ["shop_database: { name: \(name), user: \(account), password_file: shop.password }"]
  }

  /// Each can be run at any time again.
  static let statements = [
    "shop_tables:",
    "  paid:",
    "    - UPDATE ecs_order_info SET pay_status = 2, pay_time = :paid_at, money_paid = :total_yuan,"
      + " trade = :transaction_id, points = points + 10"
      + " WHERE order_sn = :order_no AND pay_status IN (0, 9)",
    "    - INSERT IGNORE INTO ecs_pay_log (order_sn, what) VALUES (:order_no, :event)",
    "  closed: UPDATE ecs_order_info SET pay_status = 9 WHERE order_sn = :order_no"
      + " AND pay_status = 0",
    "  refund_succeeded: UPDATE ecs_order_info SET refunded = :refunded_yuan"
      + " WHERE order_sn = :order_no AND refunded < :refunded_yuan",
  ]

  /// - Parameters:
  ///   - others: what else the shop wants to be told, and how: lines of the merchant that follow
  ///     the statements.
  func site(haste: Int = 10, isSupervised: Bool = false, also others: [String] = []) throws -> Site
  {
    try Site(
      .init(
        apiWorkers: 4, haste: haste, hasDuties: true, isSupervised: isSupervised,
        merchantLines: Self.statements + others, lines: lines,
        secrets: ["shop.password": "shop-password-1", "webhook.key": Site.webhookKey]))
  }
}
