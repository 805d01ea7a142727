import TestSupport
import Testing

@testable import MariaDB

/// No bound value leaves in an error, whatever the server quotes.
@Suite struct RedactionTests {
  private static let canaries = [
    "canary", "it's canary", "canary' for key 'canary", "'canary'", "''canary",
    "canary" + String(repeating: "y'canary", count: 60),
  ]

  private func connection() throws -> Connection {
    let server = try PrivateMariaDB.shared
    var connection = try Connection(server.settings(database: try server.createDatabase()))
    try connection.run(
      "CREATE TABLE t (id VARCHAR(600) CHARACTER SET latin1 PRIMARY KEY, n INT, short VARCHAR(3),"
        + " CONSTRAINT positive CHECK (n > 0))")
    return connection
  }

  @Test(arguments: canaries)
  func `a duplicate tells the key and not the value`(_ canary: String) throws {
    var connection = try connection()
    let sql = "INSERT INTO t (id) VALUES (?)"
    try connection.execute(sql, [.text(canary)])
    let error = #expect(throws: MariaDBError.self) {
      try connection.execute(sql, [.text(canary)])
    }
    #expect(error?.kind == .duplicateKey)
    #expect(error?.sqlState == "23000")
    #expect(error?.message == "Duplicate entry '…' for key 'PRIMARY'")
  }

  @Test(arguments: canaries)
  func `a refused value is not told`(_ canary: String) throws {
    var connection = try connection()
    for column in ["n", "short"] {
      let error = #expect(throws: MariaDBError.self) {
        try connection.execute(
          "INSERT INTO t (id, \(column)) VALUES ('x', ?)", [.text(canary + "canary")])
      }
      #expect(error?.message.contains("canary") == false, "\(error as Any)")
      #expect(error?.message.contains(column) == true, "\(error as Any)")
    }
  }

  @Test func `a statement that is wrong is not told, it might hold a password`() throws {
    var connection = try connection()
    let error = #expect(throws: MariaDBError.self) {
      try connection.run("CREATE USER x IDENTIFIED BIE 'canary'")
    }
    #expect(error?.code == 1064)
    #expect(error?.message.contains("canary") == false)
  }

  @Test(arguments: [
    (
      1461 as UInt32,
      "Can't create more than max_prepared_stmt_count statements (current value: 0)"
    ),
    (1135, "Can't create a new thread (errno 11 \"Resource temporarily unavailable\"); if you…"),
    (1698, "Access denied for user 'b16'@'localhost'"),
    (1524, "Plugin 'unix_socket' is not loaded"),
    (1114, "The table 'payment' is full"),
    (1017, "Can't find file: './weixinpay/payment.ibd' (errno: 2 \"No such file or directory\")"),
    (1290, "The MariaDB server is running with the --read-only option so it cannot execute this"),
    (1932, "Table 'weixinpay.payment' doesn't exist in engine"),
    (2002, "Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)"),
    (4151, "Can't log in, this account is locked"),
  ])
  func `what the server says without quoting a value stays whole`(_ code: UInt32, _ text: String) {
    #expect(withoutValues(text, code: code) == text)
  }

  @Test(arguments: [
    (1062 as UInt32, "Duplicate entry 'canary' for key 'order_no'"),
    (1064, "You have an error in your SQL syntax; … near 'canary''s' at line 1"),
    (1231, "Variable 'sql_mode' can't be set to the value of 'canary'"),
    (1292, "Truncated incorrect INTEGER value: 'canary'"),
    (1366, "Incorrect integer value: 'canary' for column `a`.`b`.`c` at row 1"),
    (1300, "Invalid utf8mb4 character string: 'canary'"),
    (1690, "BIGINT value is out of range in '(canary)'"),
    (1526, "Table has no partition for value canary"), (1644, "the trigger says 'canary'"),
    (4999, "Can't do 'canary' in a version that is yet to come"),
  ])
  func `a value never stays`(_ code: UInt32, _ text: String) {
    #expect(!withoutValues(text, code: code).contains("canary"))
  }

  @Test func `what an operator must repair is told by name`() throws {
    var connection = try connection()
    let table = #expect(throws: MariaDBError.self) { try connection.run("SELECT * FROM missing") }
    #expect(table?.message.contains("missing") == true)
    let constraint = #expect(throws: MariaDBError.self) {
      try connection.run("INSERT INTO t (id, n) VALUES ('x', -1)")
    }
    #expect(constraint?.message.contains("positive") == true)
  }
}
