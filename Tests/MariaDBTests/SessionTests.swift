import Foundation
import TestSupport
import Testing

@testable import MariaDB

/// What holds for every connection before its user sees it.
@Suite struct SessionTests {
  private static let provider = "/usr/lib/galera/libgalera_smm.so"

  @Test func `the session is set whatever the server's defaults are`() throws {
    let server = try PrivateMariaDB(extraOptions: PrivateMariaDB.unusualOptions)
    var administrator = try Connection(server.settings(database: nil))
    // What `init_connect` does befalls every account but the administrator's.
    try administrator.run("CREATE USER service@localhost IDENTIFIED BY 'secret'")
    let service = ConnectionSettings(
      socket: server.socket, host: nil, port: 0, caFile: nil, user: "service", password: "secret",
      database: nil)
    for settings in [server.settings(database: nil), service] {
      var connection = try Connection(settings)
      let shown = try variables(connection.query("SHOW SESSION VARIABLES"))
      let expected = [
        "autocommit": "ON", "time_zone": "+00:00", "tx_isolation": "READ-COMMITTED",
        "tx_read_only": "OFF", "innodb_lock_wait_timeout": "1", "lock_wait_timeout": "1",
        "idle_transaction_timeout": "5", "max_statement_time": "1.500000",
        "character_set_client": "utf8mb4", "character_set_connection": "utf8mb4",
        "character_set_results": "utf8mb4", "collation_connection": "utf8mb4_general_ci",
        "completion_type": "NO_CHAIN", "sql_safe_updates": "OFF", "sql_auto_is_null": "OFF",
        "sql_select_limit": "18446744073709551615", "group_concat_max_len": "1048576",
        "lc_messages": "en_US", "old_mode": "", "foreign_key_checks": "ON",
      ]
      for (name, value) in expected { #expect(shown[name] == value, "\(name)") }
      #expect(shown["sql_mode"]?.split(separator: ",").contains("STRICT_ALL_TABLES") == true)
      let rows = try connection.query("SELECT ? AS text UNION SELECT '宝' ORDER BY 1", [.text("付")])
      #expect(try Set(rows.map { row in try row.text("text") }) == ["付", "宝"])
    }
  }

  @Test func `a setting that does not take is named and the connection is not given out`() throws {
    let server = try PrivateMariaDB.shared
    // The server caps this one silently: a session can ask for no more than a day.
    var settings = server.settings(database: nil)
    settings.statementLimit = .seconds(100_000_000)
    let error = #expect(throws: MariaDBError.self) { _ = try Connection(settings) }
    #expect(error?.message.contains("max_statement_time") == true, "\(error as Any)")
  }

  @Test func `a slow statement is stopped by the server and the connection lives`() throws {
    var connection = try Connection(PrivateMariaDB.shared.settings(database: nil))
    let error = #expect(throws: MariaDBError.self) {
      try connection.query("SELECT SLEEP(10)")
    }
    #expect(error?.code == 1969)
    #expect(try connection.query("SELECT 1 AS v")[0].integer("v") == 1)
  }

  @Test func `a migration may take its time`() throws {
    var settings = try PrivateMariaDB.shared.settings(database: nil)
    settings.statementLimit = .seconds(60)
    var connection = try Connection(settings)
    #expect(try connection.query("SELECT SLEEP(2.5) AS v")[0].integer("v") == 0)
  }

  @Test func `no server is a lost connection, said at once`() throws {
    let folder = try TemporaryFolder()
    let settings = ConnectionSettings(
      socket: folder.file("none"), host: nil, port: 0, caFile: nil, user: "root", password: nil,
      database: nil)
    let error = #expect(throws: MariaDBError.self) { _ = try Connection(settings) }
    #expect(error?.kind == .lost)
  }

  @Test func `a wrong password is not taken for a lost connection and not repeated`() throws {
    let server = try PrivateMariaDB.shared
    let settings = ConnectionSettings(
      socket: server.socket, host: nil, port: 0, caFile: nil, user: "root", password: "canary",
      database: nil)
    let error = #expect(throws: MariaDBError.self) { _ = try Connection(settings) }
    #expect(error?.kind == .other)
    #expect(error?.code == 1045)
    #expect(error?.description.contains("canary") == false)
    #expect(!"\(settings)\([settings])".contains("canary"))
  }

  @Test func `without socket and host nothing is guessed`() {
    let settings = ConnectionSettings(
      socket: nil, host: nil, port: 0, caFile: nil, user: "root", password: nil, database: nil)
    #expect(throws: MariaDBError.self) { _ = try Connection(settings) }
  }

  @Test(.enabled(if: access(Self.provider, R_OK) == 0, "needs Debian's package galera-4"))
  func `a node of a cluster reads only what it has caught up with`() throws {
    let server = try PrivateMariaDB(extraOptions: [
      "--wsrep-on=ON", "--wsrep-provider=\(Self.provider)", "--wsrep-cluster-address=gcomm://",
      "--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:\(try freePort())",
      "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2",
    ])
    var connection = try Connection(server.settings(database: nil))
    let shown = try variables(connection.query("SHOW SESSION VARIABLES"))
    #expect(shown["wsrep_on"] == "ON")
    #expect(shown["wsrep_sync_wait"] == "1")
  }
}
