import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// Orders that WeChat has and this gateway does not: the old script placed them, or the database was
/// restored from a backup.
@Suite(.serialized) struct UnopenedOrderTests {
  private static let site = Result { try Site() }
  private let site: Site

  init() throws { site = try Self.site.get() }

  private func close(_ number: String) throws -> Site.Reply {
    try site.send("POST", "/wxpay/merchant/orders/\(number)/close", token: site.cashier)
  }

  private func query(_ number: String, token: String? = nil) throws -> Site.Reply {
    try site.send(
      "POST", "/wxpay/merchant/orders/\(number)/query", token: token ?? site.cashier)
  }

  /// An order that the buyer can pay at WeChat, and of which nothing is recorded here.
  private func forgotten() throws -> (number: String, buyer: Site.Buyer, payment: Site.Reply) {
    let number = Site.number()
    let buyer = try site.login()
    try site.createOrder(number, openID: buyer.openID)
    let payment = try site.pay(number, buyer)
    try #require(payment.status == 200, "\(payment.text)")
    try site.forget(number)
    return (number, buyer, payment)
  }

  @Test func `a number that another program has placed is closed, and the next one is paid`() throws
  {
    let (number, buyer, _) = try forgotten()
    // Not what this gateway would place.
    try site.execute("UPDATE shop_order SET body = 'tea' WHERE order_no = '\(number)'")
    let payment = try site.pay(number, buyer)
    #expect(payment.status == 200, "\(payment.text)")
    #expect(try site.ledger(number)["state"]?.string == "CLOSED")
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    #expect(try site.merchantOrder(number)["out_trade_no"]?.string == "\(number)-2")
  }

  @Test func `an order is closed at WeChat before it is closed here`() throws {
    let (number, buyer, _) = try forgotten()
    let closed = try close(number)
    #expect(closed.json["state"]?.string == "closed", "\(closed.text)")
    #expect(try site.ledger(number)["state"]?.string == "CLOSED")
    #expect(try site.pay(number, buyer).code == "ORDER_CLOSED")
  }

  @Test func `nothing is closed here that WeChat does not say is closed`() throws {
    let (number, buyer, _) = try forgotten()
    for endpoint in ["orderquery", "closeorder"] {
      try site.fault(endpoint, "drop_before", count: 0)
      #expect(try close(number).code == "WECHAT_UNAVAILABLE")
      #expect(try site.state(number) == "created")
      try site.clearFaults()
    }
    #expect(try close(number).status == 200)
    #expect(try site.pay(number, buyer).code == "ORDER_CLOSED")
  }

  @Test func `WeChat is asked by hand, and only about what may be ours`() throws {
    let (number, _, _) = try forgotten()
    let reader = try site.token(role: "reader")
    #expect(try query(number, token: reader).code == "ROLE_INSUFFICIENT")
    let answer = try query(number)
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.json["state"]?.string == "created")
    // Nobody is asked about a number that stands nowhere.
    try site.fault("orderquery", "drop_before", count: 0)
    #expect(try query("\(Site.number())").code == "ORDER_NOT_FOUND")
    #expect(try query(number).code == "WECHAT_UNAVAILABLE")
    try site.clearFaults()
    let output = try ChildProcess.run(
      builtProduct("weixinpay"), ["order", "query", number, "--config", site.configuration])
    #expect(output.contains("\(number): not paid"), "\(output)")
    #expect(output.contains("\(number)-2: WeChat does not know it"), "\(output)")
  }

  @Test func `what was refunded before the payment was known is found and said`() throws {
    let site = try Site()
    for endpoint in ["notify", "refund_notify"] { try site.fault(endpoint, "lose", count: 0) }
    let (number, buyer, payment) = try site.unpaidOrder()
    try site.confirm(payment)
    let refund = try site.control(
      "POST", "refund-by-hand",
      [
        "out_trade_no": .string(number), "refund_fee": 1990,
        "notify_url": .string(site.nginx.shopURL + "/wxpay/receive-refund-notify"),
      ])
    try #require(refund.status == 200, "\(refund.text)")
    func order() throws -> JSON {
      try site.send("GET", "/wxpay/order?out_trade_no=\(number)", token: buyer.token).json
    }
    try eventually("WeChat's word") { try order()["state"]?.string == "paid" }
    #expect(try site.merchantOrder(number)["alarms"] == ["refunded_elsewhere"])
    try eventually("the refund is found") {
      _ = try site.command(["sweep"])
      return try order()["refunded_fee"]?.integer == 1990
    }
    let events = try site.query("SELECT event FROM event WHERE order_no = '\(number)' ORDER BY seq")
    #expect(try events.map { try $0.text("event") } == ["paid", "refund_succeeded"])
  }
}

extension Site {
  /// Has the gateway forget all that it knows of an order but the shop's own row.
  func forget(_ number: String) throws {
    for table in ["payment", "journal", "event", "alarm"] {
      try execute("DELETE FROM \(table) WHERE order_no = '\(number)'")
    }
    try execute("DELETE FROM duty WHERE subject LIKE '\(number)%'")
  }
}
