import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// The shop's own tables say what is true, also those that know no transactions.
@Suite struct ShopTablesTests {
  private let shop: LegacyShop
  private let site: Site

  init() throws {
    shop = try LegacyShop()
    site = try shop.site()
  }

  private func unpaidOrder(on site: Site? = nil) throws -> (number: String, payment: Site.Reply) {
    let (number, _, payment) = try (site ?? self.site).unpaidOrder()
    try shop.run("INSERT INTO ecs_order_info (order_sn) VALUES ('\(number)')")
    return (number, payment)
  }

  @Test func `payment and refunds arrive in the shop's own units`() throws {
    let (number, payment) = try unpaidOrder()
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    try site.control("POST", "refund-spacing", ["seconds": 0])
    for (fee, sum) in [(500, "5.00"), (490, "9.90")] {
      _ = try site.refund(number, fee: Int64(fee))
      try eventually("the refund has arrived", within: .seconds(60)) {
        try shop.order(number) == "2 19.90 \(sum) 10 timed paid"
      }
    }
    let output = site.folder.file("check.log")
    try ChildProcess.start(
      builtProduct("weixinpay"), ["check", "--config", site.configuration], log: output
    ).wait(patience: .seconds(60))
    let check = try String(contentsOfFile: output, encoding: .utf8)
    #expect(check.contains("4 statements fit the shop's tables"), "\(check)")
  }

  @Test func `a statement that finds no row is told in the list, the journal and the log`() throws {
    // A lease that is long enough for any machine: what was begun before is told without a word.
    let site = try shop.site(haste: 1)
    // An order that the shop's own table does not have.
    let (number, _) = try site.paidOrder()
    try eventually("it is told") { try site.isTold() }
    let words = "statement 1 of 2 changed no row"
    let list = try site.run("delivery", "list", "--all", "--order", number)
    #expect(list.contains("\(number)  1 paid  shop_tables  delivered"), "\(list)")
    #expect(list.contains(words), "\(list)")
    func lines() throws -> [JSON] {
      (try site.merchantOrder(number)["timeline"]?.array ?? []).filter {
        $0["event"]?.string == "delivered_without_effect"
      }
    }
    #expect(
      try lines().map { $0["detail"]?.string } == ["shop_tables was told event 1, paid: \(words)"])
    try site.waitForLog("event=\"delivered, but\"")
    let warnings = site.gatewayLog().split(separator: "\n").filter {
      $0.contains("event=\"delivered, but\"")
    }
    #expect(warnings.count == 1)
    for part in ["level=warning", "order_no=\(number)", "channel=shop_tables", words] {
      #expect(warnings.first?.contains(part) == true, "\(warnings)")
    }
    // Once the row is there, and it is told once more, nothing remains to be said.
    try shop.run("INSERT INTO ecs_order_info (order_sn) VALUES ('\(number)')")
    try site.run("delivery", "resend", "--order", number, "--sequence", "1")
    try eventually("it is told") { try site.isTold() }
    #expect(try shop.order(number) == "2 19.90 0.00 10 timed paid")
    #expect(try lines().count == 1)
  }

  @Test(arguments: ["O1", "O2", "O3"])
  func `a kill between our commit and theirs is made up for, and grants nothing twice`(
    point: String
  ) throws {
    let (number, payment) = try unpaidOrder()
    try site.restartGateway(crashPoint: point)
    try site.confirm(payment)
    try site.reviveGateway()
    try eventually("it is told") { try site.isTold() }
    #expect(try shop.order(number) == "2 19.90 0.00 10 timed paid")
  }

  @Test func `a table that fails half-way is made up for`() throws {
    let (number, payment) = try unpaidOrder()
    try shop.run("RENAME TABLE ecs_pay_log TO away")
    try site.confirm(payment)
    try eventually("it was tried in vain") {
      try site.run("delivery", "list").contains("1 paid  shop_tables  pending")
    }
    try shop.run("RENAME TABLE away TO ecs_pay_log")
    try eventually("it is told") { try site.isTold() }
    #expect(try shop.order(number) == "2 19.90 0.00 10 timed paid")
  }

  @Test func `old news that is told once more does not turn paid into closed`() throws {
    let (number, payment) = try unpaidOrder()
    let closed = try site.send(
      "POST", "/wxpay/merchant/orders/\(number)/close", token: site.cashier)
    #expect(closed.json["state"]?.string == "closed")
    try eventually("it is closed") { try shop.order(number).hasPrefix("9 ") }
    // The buyer was faster in WeChat's books.
    try site.control(
      "POST", "pay", ["request_payment": payment.json, "late": true])
    try site.waitUntilPaid(number)
    try eventually("it is paid") { try shop.order(number) == "2 19.90 0.00 10 timed paid" }
    for sequence in ["1", "2"] {
      try site.run("delivery", "resend", "--order", number, "--sequence", sequence)
      try eventually("it is told") { try site.isTold() }
      #expect(try shop.order(number) == "2 19.90 0.00 10 timed paid")
    }
  }

  @Test func `tables that were changed keep no worker from starting, and are told in the end`()
    throws
  {
    let site = try shop.site(isSupervised: true)
    try shop.run("ALTER TABLE ecs_order_info RENAME COLUMN pay_status TO status")
    let before = try site.workers()
    kill(try #require(before.max()), SIGKILL)
    try eventually("another worker") { try site.workers().subtracting(before).count == 1 }
    try eventually("its word") { site.servingWorkers == 3 }
    try site.restartGateway()
    let place = "merchants.main.shop_tables.paid"
    try site.waitForLog(place)
    let warnings = site.gatewayLog().split(separator: "\n").filter {
      $0.contains(place) && $0.contains("worker=1")
    }
    #expect(warnings.allSatisfy { $0.contains("pay_status") && $0.contains("level=warning") })
    #expect(!warnings.isEmpty)

    let (number, payment) = try unpaidOrder(on: site)
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    try eventually("it was tried in vain, and says why") {
      let list = try site.run("delivery", "list")
      return list.contains("1 paid  shop_tables  pending") && list.contains("pay_status")
    }
    try shop.run("ALTER TABLE ecs_order_info RENAME COLUMN status TO pay_status")
    try eventually("it is told") { try site.isTold() }
    #expect(try shop.order(number) == "2 19.90 0.00 10 timed paid")
  }

  @Test func `check refuses what does not fit the tables, or exceeds the account`() throws {
    let text = try String(contentsOfFile: site.configuration, encoding: .utf8)
    for (statement, says) in [
      ("UPDATE ecs_order_info SET payed = 1 WHERE order_sn = :order_no", "payed"),
      ("UPDATE ecs_orders SET a = 1 WHERE order_sn = :order_no", "ecs_orders"),
      ("UPDATE ecs_pay_log SET what = 1 WHERE order_sn = :order_no", "denied"),
      ("UPDATE ecs_order_info SET WHERE order_sn = :order_no", "syntax"),
    ] {
      let file = try site.folder.write(
        text.replacing(
          "  closed: UPDATE ecs_order_info SET pay_status = 9 WHERE order_sn = :order_no"
            + " AND pay_status = 0", with: "  closed: \(statement)"), to: "wrong.yaml")
      let refusal = #expect(throws: TestSupportError.self) {
        try ChildProcess.run(builtProduct("weixinpay"), ["check", "--config", file])
      }
      let words = "\(refusal.map { "\($0)" } ?? "")"
      #expect(words.contains("FAIL merchants.main.shop_tables.closed"), "\(words)")
      #expect(words.contains(says), "\(words)")
    }
  }
}
