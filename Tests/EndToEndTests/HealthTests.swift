import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// A server that answers, and takes nothing.
@Suite struct HealthTests {
  private func waitForHealth(_ status: Int, _ site: Site) throws -> Site.Reply {
    try eventually("health \(status)") {
      try site.send("GET", "/wxpay/health").status == status
    }
    return try site.send("GET", "/wxpay/health")
  }

  @Test func `a server that only reads is a failure with its reason, until it writes again`()
    throws
  {
    let server = try PrivateMariaDB()
    let site = try Site(.init(server: server))
    _ = try waitForHealth(200, site)
    try site.execute("SET GLOBAL read_only = 1")
    let failing = try waitForHealth(503, site)
    #expect(failing.json["status"]?.string == "failing")
    #expect(failing.text.contains("read-only"), "\(failing.text)")
    try site.execute("SET GLOBAL read_only = 0")
    #expect(try waitForHealth(200, site).json["database"]?.string == "ok")
  }

  /// A server whose tables share 32 MiB, and that keeps what undoes changes elsewhere: so a change
  /// goes through while no new row does, as on most servers whose disk is full.
  private func boundedServer() throws -> PrivateMariaDB {
    try PrivateMariaDB(dataOptions: [
      "--innodb-data-file-path=ibdata1:12M;ibdata2:20M", "--innodb-file-per-table=0",
      "--innodb-undo-tablespaces=2",
    ])
  }

  /// Fills a table until the server takes no more rows.
  private func fill(_ site: Site, _ insert: String) throws {
    while true {
      do {
        try site.execute(insert)
      } catch let error as MariaDBError {
        return #expect(error.code == 1114, "\(error)")
      }
    }
  }

  private func notification(_ bytes: Int) -> String {
    """
    INSERT INTO notification (merchant, digest, outcome, body, received_at)
    VALUES ('filler', UNHEX(SHA2(UUID(), 256)), 'ignored', REPEAT('x', \(bytes)), 0)
    """
  }

  @Test func `a full server is a failure as long as it is full, and loses no payment`() throws {
    let site = try Site(.init(server: try boundedServer(), isSupervised: true))
    let (number, _, payment) = try site.unpaidOrder()
    try site.fault("notify", "lose", count: 0)
    try site.confirm(payment)
    try site.execute("CREATE TABLE filler (b VARCHAR(7000) CHARACTER SET ascii) ENGINE = InnoDB")
    try fill(site, "INSERT INTO filler VALUES (REPEAT('x', 6000))")
    for bytes in [1000, 10] { try fill(site, notification(bytes)) }

    func notify() throws -> [String] {
      let replies = try site.control(
        "POST", "notify",
        ["out_trade_no": .string(number), "probe": "duplicate", "count": .number("4")])
      return replies.json.array?.map { $0["body"]?.string ?? "" } ?? []
    }
    let refused = try notify()
    #expect(refused.count == 4)
    #expect(refused.allSatisfy { $0.contains("FAIL") && !$0.contains("SUCCESS") }, "\(refused)")
    #expect(try site.state(number) == "unpaid")
    try site.waitForLog("advice=\"make room")
    let failing = try waitForHealth(503, site)
    #expect(failing.json["database"]?.string?.contains("make room") == true, "\(failing.text)")

    // Whichever worker is asked says so, at each further proof.
    var proofs: Set<Int64> = []
    try eventually("six proofs") {
      #expect(try site.send("GET", "/wxpay/health").status == 503)
      let row = try site.query("SELECT next_at FROM pace WHERE kind = 'health'")
      proofs.insert(try row[0].integer("next_at"))
      return proofs.count > 6
    }

    try site.execute("DROP TABLE filler")
    _ = try waitForHealth(200, site)
    #expect(try notify().allSatisfy { $0.contains("SUCCESS") })
    try site.waitUntilPaid(number)
    // What proves that there is room leaves nothing behind.
    #expect(try site.count("notification", where: "merchant = '-'") == 0)
  }
}
