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
}
