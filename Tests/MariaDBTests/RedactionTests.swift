import MariaDB
import TestSupport
import Testing

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
