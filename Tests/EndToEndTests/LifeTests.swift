import Foundation
import MariaDB
import Server
import Synchronization
import TestSupport
import Testing

/// The gateway stops, is killed, comes back; nothing is lost and nothing happens twice.
@Suite struct LifeTests {
  @Test(arguments: ["P0", "P1", "P3", "P4"])
  func `a gateway killed while paying leaves an order that can be paid`(point: String) throws {
    let site = try Site(.init(apiWorkers: 4))
    try site.restartGateway(crashPoint: point)
    let number = Site.number()
    try site.createOrder(number)
    let buyer = try site.login()
    let lost = try site.pay(number, buyer)
    #expect(lost.status == 502, "\(lost.text)")
    #expect(try site.gatewayProcess.wait() == .signal(SIGKILL))
    try site.startGateway()
    let payment = try site.pay(number, buyer)
    #expect(payment.status == 200, "\(payment.text)")
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    // However often it was sent, WeChat knows one order, and it was always the same.
    #expect(try site.weChatOrders().count == 1)
    #expect(try site.query("SELECT 1 FROM payment").count == 1)
  }

  @Test func `a gateway killed while WeChat thinks leaves an order that can be paid`() throws {
    let site = try Site(.init(apiWorkers: 4))
    let number = Site.number()
    try site.createOrder(number)
    let buyer = try site.login()
    try site.fault("unifiedorder", "delay_after", milliseconds: 20_000)
    let process = try site.gatewayProcess
    let waiting = Thread { _ = try? site.pay(number, buyer) }
    waiting.start()
    try eventually("WeChat has the order") { try !site.weChatOrders().isEmpty }
    process.kill9()
    try process.wait()
    try site.startGateway()
    let payment = try site.pay(number, buyer)
    #expect(payment.status == 200, "\(payment.text)")
    #expect(try site.ledger(number)["transmissions"]?.integer == 2)
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    #expect(try site.weChatOrders().count == 1)
  }

  @Test(arguments: ["N1", "N2", "N4"])
  func `a gateway killed in a notification loses no payment`(point: String) throws {
    let site = try Site(.init(apiWorkers: 4))
    try site.restartGateway(crashPoint: point)
    let (number, _, payment) = try site.unpaidOrder()
    try site.confirm(payment)
    #expect(try site.gatewayProcess.wait() == .signal(SIGKILL))
    let stored = try site.query("SELECT state FROM payment")[0].text("state")
    // Committed is committed, whether WeChat has heard of it or not.
    #expect(stored == (point == "N4" ? "paid" : "unpaid"))
    let heard = try site.notifications()
      .filter { $0["acked"]?.bool == true }
    #expect(heard.isEmpty)
    try site.startGateway()
    try site.waitUntilPaid(number)
    try eventually("WeChat has heard SUCCESS") {
      try site.notifications()
        .contains { $0["acked"]?.bool == true }
    }
    #expect(try site.moves(number).filter { $0 == "unpaid>paid" }.count == 1)
  }

  @Test func `an idle gateway stops at once`() throws {
    let site = try Site()
    let process = try site.gatewayProcess
    let started = ContinuousClock.now
    process.terminate()
    #expect(try process.wait() == .code(0))
    #expect(ContinuousClock.now - started < .seconds(2))
  }

  @Test func `a gateway that stops under load finishes what it has begun`() throws {
    let site = try Site(.init(apiWorkers: 32))
    try site.fault("unifiedorder", "delay", count: 0, milliseconds: 1000)
    let buyers = try concurrently(24) { _ in
      let number = Site.number()
      try site.createOrder(number)
      return (number, try site.login())
    }
    let process = try site.gatewayProcess
    let killer = Thread {
      try? eventually("all are begun") { try site.count("payment", where: "TRUE") == 24 }
      process.terminate()
    }
    killer.start()
    let replies = try concurrently(24) { try site.pay(buyers[$0].0, buyers[$0].1) }
    #expect(replies.map(\.status) == Array(repeating: 200, count: 24), "\(replies.map(\.text))")
    #expect(try process.wait() == .code(0))
  }

  @Test func `a second gateway does not take the first one's sockets`() throws {
    let site = try Site()
    let second = try ChildProcess.start(
      builtProduct("weixinpay"), ["serve", "--config", site.configuration],
      log: site.folder.file("second.log"))
    #expect(try second.wait() != .code(0))
    let log = try String(contentsOfFile: site.folder.file("second.log"), encoding: .utf8)
    #expect(log.contains("api.sock"), "\(log)")
    #expect(try site.send("GET", "/wxpay/health").status == 200)
  }

  @Test func `the log tells of requests and keeps secrets`() throws {
    let site = try Site()
    let (number, buyer, payment) = try site.unpaidOrder()
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    _ = try site.pay("UNKNOWN-1", buyer)
    try site.waitForLog("code=ORDER_NOT_FOUND")
    let log = site.gatewayLog()
    #expect(log.contains("route=pay"), "\(log)")
    for secret in [
      buyer.token, buyer.openID, site.cashier, "app-secret-of-the-shop-0000000001",
      "k8Vn2QxT5mZc7LrB9sWd3FgHj4KpYa6E", "service-password-1",
      payment.json["paySign"]?.string ?? "",
    ] {
      #expect(!log.contains(secret))
    }
    // One event, one line.
    for line in log.split(separator: "\n") { #expect(line.hasPrefix("time="), "\(line)") }
  }

  @Test func `a crash leaves no core file`() throws {
    let site = try Site(.init(apiWorkers: 2))
    let limits = try String(
      contentsOfFile: "/proc/\(site.gatewayProcess.pid)/limits", encoding: .utf8)
    #expect(limits.contains(#/Max core file size +0 +0 /#), "\(limits)")
  }

  @Test func `a request's id runs through answer, log and journal`() throws {
    let site = try Site()
    let buyer = try site.login()
    let id = try #require(try site.pay("UNKNOWN-1", buyer).json["request_id"]?.string)
    try site.waitForLog("request_id=\(id)")
    let number = Site.number()
    try site.createOrder(number)
    let journal = try site.query("SELECT request_id FROM journal")[0].text("request_id")
    try site.waitForLog("request_id=\(journal)")
  }
}
