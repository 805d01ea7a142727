import TestSupport
import Testing

@testable import MariaDB

@Suite struct ServerFactsTests {
  private let sound = [
    "innodb_flush_log_at_trx_commit": "1", "log_bin": "OFF", "sync_binlog": "0",
    "innodb_doublewrite": "ON",
  ]

  private func faults(_ changes: [String: String?]) -> [String] {
    var variables = sound
    for (name, value) in changes { variables[name] = value }
    return ServerFacts(version: "10.11.6-MariaDB", variables: variables).faults
  }

  @Test func `a server with usual settings has no faults`() throws {
    var connection = try Connection(PrivateMariaDB.shared.settings(database: nil))
    let facts = try connection.serverFacts()
    #expect(facts.faults == [])
  }

  @Test func `a weak server is found out`() throws {
    let server = try PrivateMariaDB(extraOptions: [
      "--innodb-flush-log-at-trx-commit=2", "--log-bin=binlog", "--sync-binlog=0",
      "--innodb-doublewrite=OFF", "--server-id=1",
    ])
    var connection = try Connection(server.settings(database: nil))
    let faults = try connection.serverFacts().faults
    #expect(faults.count == 3)
    for name in ["innodb_flush_log_at_trx_commit is 2", "sync_binlog is 0", "innodb_doublewrite"] {
      #expect(faults.contains { $0.contains(name) }, "\(name)")
    }
  }

  @Test(arguments: [
    ["innodb_flush_log_at_trx_commit": "0"], ["innodb_flush_log_at_trx_commit": nil],
    ["log_bin": "ON"], ["innodb_doublewrite": "OFF"], ["innodb_doublewrite": nil],
  ])
  func `each weakness is a fault of its own`(_ change: [String: String?]) {
    #expect(faults(change).count == 1)
  }

  @Test func `a binary log that is synchronised is no fault`() {
    #expect(faults(["log_bin": "ON", "sync_binlog": "1"]) == [])
  }

  @Test func `a binary log of statements takes none of our changes`() {
    let log: [String: String?] = ["log_bin": "ON", "sync_binlog": "1"]
    #expect(faults(log.merging(["binlog_format": "STATEMENT"]) { $1 }).count == 1)
    #expect(faults(log.merging(["binlog_format": "MIXED"]) { $1 }) == [])
  }

  @Test(arguments: [
    "10.6.0-MariaDB", "10.11.19-MariaDB-0+deb12u1", "11.4.2-MariaDB-log", "12.1.2-MariaDB",
  ])
  func `MariaDB from 10.6 on is accepted`(_ version: String) {
    #expect(ServerFacts.fault(ofVersion: version) == nil)
  }

  @Test(arguments: [
    "8.0.34", "8.4.0-0ubuntu1", "10.5.23-MariaDB", "9.9.9-MariaDB", "5.5.68-MariaDB", "", "MariaDB",
    "10-MariaDB", "11.4.2-notmariadb",
  ])
  func `every other server is refused with a sentence`(_ version: String) throws {
    let fault = try #require(ServerFacts.fault(ofVersion: version))
    #expect(fault.contains("MariaDB 10.6 or later is required"))
  }
}
