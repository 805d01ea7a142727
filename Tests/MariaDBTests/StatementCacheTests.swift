import CMariaDB
import TestSupport
import Testing

@testable import MariaDB

@Suite struct StatementCacheTests {
  private func connection() throws -> Connection {
    try Connection(PrivateMariaDB.shared.settings(database: nil))
  }

  /// What the session has done so far, by the names of its status variables.
  private func count(_ name: String, _ connection: inout Connection) throws -> Int64 {
    let row = try connection.query(
      "SELECT CAST(VARIABLE_VALUE AS SIGNED) AS v FROM information_schema.SESSION_STATUS"
        + " WHERE VARIABLE_NAME = ?", [.text(name)])[0]
    return try row.integer("v")
  }

  @Test func `a text is prepared once`() throws {
    var connection = try connection()
    _ = try count("Com_stmt_prepare", &connection)
    let before = try count("Com_stmt_prepare", &connection)
    for _ in 0..<10 { _ = try connection.query("SELECT 1") }
    #expect(try count("Com_stmt_prepare", &connection) == before + 1)
  }

  @Test func `more texts than are kept all work, and those unused for longest are closed`() throws {
    var connection = try connection()
    for _ in 0..<2 {
      for number in 0..<200 {
        let row = try connection.query("SELECT \(number) + ? AS v", [.integer(1)])[0]
        #expect(try row.integer("v") == Int64(number) + 1)
        _ = try connection.query("SELECT 'always used'")
      }
    }
    let prepared = try count("Com_stmt_prepare", &connection)
    let closed = try count("Com_stmt_close", &connection)
    #expect(prepared >= 400 && prepared < 410)
    #expect(prepared - closed <= Int64(StatementCache.capacity) + 1)
  }

  @Test func `a statement that the server forgot is prepared again`() throws {
    var connection = try connection()
    let sql = "SELECT ? AS v"
    for number in 0..<3 {
      #expect(try connection.query(sql, [.integer(Int64(number))])[0].integer("v") == Int64(number))
      let statement = try #require(connection.statements.kept(sql))
      let pointer = Mirror(reflecting: statement).children.first { $0.label == "pointer" }?.value
      try #require(pointer as? UnsafeMutablePointer<MYSQL_STMT>).pointee.stmt_id = 1_000_000
    }
  }
}
