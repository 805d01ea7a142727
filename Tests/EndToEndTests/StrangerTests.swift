import Foundation
import Server
import TestSupport
import Testing

/// Floods of people without an account, and a log that nobody reads.
@Suite struct StrangerTests {
  @Test func `wrong tokens of one address are refused without a look into the database`() throws {
    let site = try Site()
    let client = CurlCommand(authorityFile: site.authorityFile)
    func ask(_ count: Int, _ token: String) throws -> [Int] {
      try client.statuses(
        Array(repeating: site.nginx.shopURL + "/wxpay/merchant/orders", count: count),
        ["--interface", "127.0.2.7", "-H", "Authorization: Bearer \(token)"])
    }
    let wrong = String(repeating: "a", count: 64)
    #expect(try ask(21, wrong) == Array(repeating: 401, count: 21))
    #expect(try ask(2, wrong) == [429, 429])
    #expect(try ask(1, site.cashier) == [429])
    // Others are not concerned.
    #expect(try site.send("GET", "/wxpay/merchant/orders", token: site.cashier).status == 200)
    #expect(try site.send("GET", "/wxpay/merchant/orders", token: wrong).status == 401)
  }

  @Test func `refused notifications are counted in the log, not written one by one`() throws {
    let site = try Site()
    for path in ["/wxpay/receive-notify", "/wxpay/receive-refund-notify"] {
      for _ in 0..<100 {
        let reply = try site.send("POST", path, body: Array("<x/>".utf8), contentType: "text/xml")
        #expect(reply.text.contains("FAIL"))
      }
    }
    try eventually("the rest of the count") {
      _ = try site.send("POST", "/wxpay/receive-notify", body: [], contentType: "text/xml")
      let counts = site.gatewayLog().matches(
        of: /event=refused.*? count=(\d+)|count=(\d+).*? event=refused/)
      let lines = site.gatewayLog().split(separator: "\n").filter { $0.contains("event=refused") }
      #expect(lines.count < 150)
      let sum = counts.compactMap { Int($0.output.1 ?? $0.output.2 ?? "") }.reduce(0, +)
      return sum >= 200
    }
  }

  @Test func `a log that nobody reads stops neither requests nor the end`() throws {
    let site = try Site()
    let old = try site.gatewayProcess
    old.terminate()
    try old.wait()
    let pipe = site.folder.file("log.pipe")
    try #require(mkfifo(pipe, 0o600) == 0)
    // Open for both, so that the gateway finds a reader, who never reads.
    let reader = open(pipe, O_RDWR | O_CLOEXEC)
    defer { close(reader) }
    let gateway = try ChildProcess.start(
      builtProduct("weixinpay"), ["serve", "--config", site.configuration, "--no-duties"],
      log: pipe, removing: nil)
    try eventually("the gateway") {
      (try? site.send("GET", "/wxpay/health"))?.status == 200
    }
    let client = CurlCommand(authorityFile: site.authorityFile)
    let urls = Array(repeating: site.nginx.shopURL + "/wxpay/order?out_trade_no=1", count: 1500)
    #expect(try client.statuses(urls, []) == Array(repeating: 401, count: 1500))
    gateway.terminate()
    try gateway.wait(patience: .seconds(60))
  }
}
