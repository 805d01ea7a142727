import MariaDB
import TestSupport
import Testing

@testable import Store

@Suite struct MigratorTests {
  private let server: PrivateMariaDB

  init() throws { server = try PrivateMariaDB.shared }

  private func migrator(_ database: String, user: String? = nil) -> Migrator {
    Migrator(
      administrator: server.settings(database: nil), database: database,
      service: .init(user: user ?? server.user, password: user == nil ? nil : "secret-1"))
  }

  @Test func `an empty database gets every table, a second run changes nothing`() throws {
    let name = try server.createDatabase()
    let names = Migration.all.map(\.name)
    #expect(try migrator(name).apply().applied == names)
    #expect(try migrator(name).apply().applied == [])
    var connection = try Connection(server.settings(database: name))
    let comparison = try Migrator.compare(&connection)
    #expect(comparison.missing == [] && comparison.newer == [])
  }

  @Test func `a missing database is created`() throws {
    let name = try server.createDatabase() + "_new"
    #expect(try !migrator(name).apply().applied.isEmpty)
  }

  @Test func `what is missing is told without changing anything`() throws {
    let name = try server.createDatabase()
    var connection = try Connection(server.settings(database: name))
    #expect(try Migrator.compare(&connection).missing == Migration.all.map(\.name))
    #expect(try connection.query("SHOW TABLES").isEmpty)
  }

  @Test func `a half-applied migration is told, not repeated`() throws {
    let name = try server.createDatabase()
    _ = try migrator(name).apply()
    var connection = try Connection(server.settings(database: name))
    try connection.execute("UPDATE migration SET finished = 0 WHERE number = 3")
    let refusal = MigrationRefusal.halfApplied("003-notification")
    #expect(throws: refusal) { try migrator(name).apply() }
    #expect(throws: refusal) { try Migrator.compare(&connection) }
  }

  @Test func `a migration that stopped half-way leaves its mark`() throws {
    let name = try server.createDatabase()
    var connection = try Connection(server.settings(database: name))
    // The second migration cannot create its table.
    try connection.run("CREATE TABLE payment (id INT PRIMARY KEY)")
    #expect(throws: MariaDBError.self) { try migrator(name).apply() }
    #expect(throws: MigrationRefusal.halfApplied("002-payment")) { try migrator(name).apply() }
  }

  @Test func `attempts that were open before there were duties are asked about`() throws {
    let name = try server.createDatabase()
    _ = try migrator(name).apply()
    var connection = try Connection(server.settings(database: name))
    // As it was before duties and refunds.
    for row in try connection.query(
      """
      SELECT table_name AS name FROM information_schema.tables
      WHERE table_schema = DATABASE() AND table_name <> 'migration'
      """)
    {
      try connection.run("DROP TABLE \(row.text("name"))")
    }
    for migration in Migration.all.prefix(6) {
      for statement in migration.statements { try connection.run(statement) }
    }
    try connection.execute("DELETE FROM migration WHERE number > 6")
    try connection.execute(
      """
      INSERT INTO payment (merchant, out_trade_no, order_no, attempt, state, openid, total_fee,
        parameters, prepay_id, transaction_id, paid_at, created_at) VALUES
        ('main', 'OPEN-1', 'OPEN-1', 1, 'unpaid', 'o1', 1990, '<xml></xml>', 'wx1', NULL, NULL, 1),
        ('main', 'PAID-1', 'PAID-1', 1, 'paid', 'o1', 1990, '<xml></xml>', 'wx2', '42', 1, 1)
      """)
    #expect(try migrator(name).apply().applied == Migration.all.dropFirst(6).map(\.name))
    let duties = try connection.query("SELECT kind, subject FROM duty")
    #expect(try duties.map { try $0.text("subject") } == ["OPEN-1"])
    let paid = try connection.query("SELECT reserved_fee FROM payment WHERE state = 'paid'")
    #expect(try paid.map { try $0.integer("reserved_fee") } == [0])
  }

  @Test(arguments: [0, 1])
  func `a database of a newer program, or one that comes to be, can be used and not migrated`(
    finished: Int64
  ) throws {
    let name = try server.createDatabase()
    _ = try migrator(name).apply()
    var connection = try Connection(server.settings(database: name))
    try connection.execute(
      "INSERT INTO migration (number, name, digest, finished) VALUES (999, '999-later', '', ?)",
      [.integer(finished)])
    let comparison = try Migrator.compare(&connection)
    #expect(comparison.missing == [] && comparison.newer == ["999-later"])
    #expect(throws: MigrationRefusal.newerThanProgram("999-later")) {
      try migrator(name).apply()
    }
  }

  @Test func `an applied migration that was changed is refused`() throws {
    let name = try server.createDatabase()
    _ = try migrator(name).apply()
    var connection = try Connection(server.settings(database: name))
    try connection.execute("UPDATE migration SET digest = 'x' WHERE number = 1")
    #expect(throws: MigrationRefusal.changedAfterwards("001-shop-order")) {
      try migrator(name).apply()
    }
  }

  @Test func `the gateway's account can neither change the journal nor the schema`() throws {
    let name = try server.createDatabase()
    let report = try migrator(name, user: "service_\(name.suffix(8))").apply()
    #expect(report.isServiceAccountLimited)
    var connection = try Connection(
      ConnectionSettings(
        socket: server.socket, host: nil, port: 0, caFile: nil,
        user: "service_\(name.suffix(8))", password: "secret-1", database: name))
    _ = try connection.query("SELECT * FROM journal")
    for forbidden in [
      "UPDATE journal SET detail = ''", "DELETE FROM journal", "TRUNCATE TABLE journal",
      "DROP TABLE journal", "ALTER TABLE journal ADD x INT", "DELETE FROM payment",
      "UPDATE shop_order SET total_fee = 1", "UPDATE notification SET body = ''",
      "CREATE TABLE x (id INT)",
      "SELECT * INTO OUTFILE '/tmp/x' FROM journal",
    ] {
      #expect(throws: MariaDBError.self, "\(forbidden)") { try connection.run(forbidden) }
    }
  }

  @Test func `an account without a password is for the system's user of that name`() throws {
    let name = try server.createDatabase()
    let user = "socket_\(name.suffix(8))"
    _ = try Migrator(
      administrator: server.settings(database: nil), database: name,
      service: .init(user: user, password: nil)
    ).apply()
    var connection = try Connection(server.settings(database: "mysql"))
    let account = try connection.query(
      "SELECT CAST(plugin AS CHAR) AS plugin FROM user WHERE user = ?", [.text(user)])
    #expect(try account.map { try $0.text("plugin") } == ["unix_socket"])
    // Whoever is another system user is not let in.
    #expect(throws: MariaDBError.self) {
      _ = try Connection(
        ConnectionSettings(
          socket: server.socket, host: nil, port: 0, caFile: nil, user: user, password: nil,
          database: name))
    }
  }

  @Test func `a name that would need quoting is refused`() {
    #expect(throws: MigrationRefusal.unusableName) { try migrator("a`b").apply() }
  }
}
