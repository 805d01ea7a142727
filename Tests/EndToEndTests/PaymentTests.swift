import Foundation
import Server
import TestSupport
import Testing

/// One after the other: they share a WeChat, and its faults strike whoever calls next.
@Suite(.serialized) struct PaymentTests {
  private static let site = Result { try Site() }
  private let site: Site

  init() throws { site = try Self.site.get() }

  @Test(arguments: ["MD5", "HMAC-SHA256"])
  func `an order goes from created over unpaid to paid`(signType: String) throws {
    let site = signType == "MD5" ? self.site : try Site(.init(signType: signType))
    let number = Site.number()
    #expect(try site.createOrder(number).status == 201)
    let buyer = try site.login()
    let payment = try site.pay(number, buyer)
    #expect(payment.status == 200, "\(payment.text)")
    #expect(
      payment.json.members?.map(\.name) == [
        "appId", "timeStamp", "nonceStr", "package", "signType", "paySign",
      ])
    #expect(payment.json["signType"]?.string == signType)
    #expect(try site.state(number) == "unpaid")
    // The simulated WeChat checks paySign as the client does.
    let transaction = try site.confirm(payment).json["transaction_id"]?.string
    try site.waitUntilPaid(number)
    let order = try site.merchantOrder(number)
    #expect(order["transaction_id"]?.string == transaction)
    #expect(order["total_fee"]?.integer == 1990)
    #expect(try site.moves(number) == [">created", ">created", "created>unpaid", "unpaid>paid"])
    let seen = try site.send(
      "GET", "/wxpay/order?out_trade_no=\(number)", token: buyer.token)
    #expect(seen.json["state"]?.string == "paid")
    for hidden in ["openid", "body", "attach", "timeline"] { #expect(seen.json[hidden] == nil) }
  }

  @Test func `paying again gives the same prepay_id, freshly signed`() throws {
    let (number, buyer, first) = try site.unpaidOrder()
    let second = try site.pay(number, buyer)
    #expect(second.json["package"] == first.json["package"])
    #expect(second.json["nonceStr"] != first.json["nonceStr"])
    #expect(try site.ledger(number)["transmissions"]?.integer == 1)
    try site.confirm(second)
    try site.waitUntilPaid(number)
  }

  @Test func `an order is paid in the algorithm in which it was placed`() throws {
    let site = try Site()
    let (number, buyer, _) = try site.unpaidOrder()
    let settings = try String(contentsOfFile: site.configuration, encoding: .utf8)
    try settings.replacing("sign_type: MD5", with: "sign_type: HMAC-SHA256")
      .write(toFile: site.configuration, atomically: true, encoding: .utf8)
    try site.restartGateway()
    for prepay in ["kept", "expired"] {
      if prepay == "expired" { _ = try site.query("UPDATE payment SET prepay_expires_at = 0") }
      let payment = try site.pay(number, buyer)
      #expect(payment.json["signType"] == "MD5", "\(prepay) \(payment.text)")
    }
    // WeChat's cashier opens for no other algorithm than the order's.
    try site.confirm(try site.pay(number, buyer))
    try eventually("the order is paid") {
      try site.send("GET", "/wxpay/order?out_trade_no=\(number)", token: buyer.token)
        .json["state"]?.string == "paid"
    }
  }

  @Test func `after the prepay_id's life the identical order is sent again`() throws {
    let (number, buyer, first) = try site.unpaidOrder()
    _ = try site.query(
      "UPDATE payment SET prepay_expires_at = 0 WHERE out_trade_no = '\(number)'")
    try site.control(
      "POST", "prepay-expire",
      ["prepay_id": .string(String(first.json["package"]?.string?.dropFirst(10) ?? ""))])
    let second = try site.pay(number, buyer)
    #expect(second.status == 200, "\(second.text)")
    #expect(second.json["package"] != first.json["package"])
    #expect(try site.ledger(number)["transmissions"]?.integer == 2)
    try site.confirm(second)
    try site.waitUntilPaid(number)
  }

  @Test func `a changed amount closes the old attempt and opens a second`() throws {
    let (number, buyer, _) = try site.unpaidOrder()
    _ = try site.query(
      "UPDATE shop_order SET total_fee = 990 WHERE order_no = '\(number)'")
    let payment = try site.pay(number, buyer)
    #expect(payment.status == 200, "\(payment.text)")
    #expect(try site.ledger(number)["state"]?.string == "CLOSED")
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    let order = try site.merchantOrder(number)
    #expect(order["out_trade_no"]?.string == "\(number)-2")
    #expect(order["order_no"]?.string == number)
    #expect(order["total_fee"]?.integer == 990)
  }

  @Test func `a changed amount does not open a second attempt once the first is paid`() throws {
    let (number, buyer, payment) = try site.unpaidOrder()
    try site.fault("notify", "lose", count: 0)
    defer { try? site.clearFaults() }
    try site.confirm(payment)
    _ = try site.query(
      "UPDATE shop_order SET total_fee = 990 WHERE order_no = '\(number)'")
    #expect(try site.pay(number, buyer).code == "ORDER_PAID")
    #expect(try site.state(number) == "paid")
    #expect(try site.ledger("\(number)-2")["state"] == nil)
  }

  @Test func `the order route asks WeChat when the notification is lost`() throws {
    let (number, buyer, payment) = try site.unpaidOrder()
    try site.fault("notify", "lose", count: 0)
    defer { try? site.clearFaults() }
    try site.confirm(payment)
    #expect(try site.state(number) == "unpaid")
    let seen = try site.send("GET", "/wxpay/order?out_trade_no=\(number)", token: buyer.token)
    #expect(seen.json["state"]?.string == "paid")
    #expect(try site.moves(number).last == "unpaid>paid")
  }

  @Test func `two taps at once are one order`() throws {
    let number = Site.number()
    try site.createOrder(number)
    let buyer = try site.login()
    let replies = try concurrently(8) { _ in try self.site.pay(number, buyer) }
    #expect(replies.map(\.status) == Array(repeating: 200, count: 8), "\(replies.map(\.text))")
    #expect(Set(replies.map { $0.json["package"]?.string }).count == 1)
    #expect(try site.query("SELECT 1 FROM payment WHERE order_no = '\(number)'").count == 1)
  }

  @Test func `a closed order cannot be paid`() throws {
    let (number, buyer, _) = try site.unpaidOrder()
    let closed = try site.send(
      "POST", "/wxpay/merchant/orders/\(number)/close", token: site.cashier)
    #expect(closed.json["state"]?.string == "closed", "\(closed.text)")
    #expect(try site.ledger(number)["state"]?.string == "CLOSED")
    #expect(try site.pay(number, buyer).code == "ORDER_CLOSED")
    let again = try site.send(
      "POST", "/wxpay/merchant/orders/\(number)/close", token: site.cashier)
    #expect(again.status == 200)
  }

  @Test func `an order that nobody asked to pay can be closed`() throws {
    let number = Site.number()
    try site.createOrder(number)
    let closed = try site.send(
      "POST", "/wxpay/merchant/orders/\(number)/close", token: site.cashier)
    #expect(closed.json["state"]?.string == "closed", "\(closed.text)")
    #expect(try site.pay(number, try site.login()).code == "ORDER_CLOSED")
  }

  @Test func `a paid order cannot be closed, even before its notification`() throws {
    let (number, _, payment) = try site.unpaidOrder()
    try site.fault("notify", "lose", count: 0)
    defer { try? site.clearFaults() }
    try site.confirm(payment)
    let reply = try site.send(
      "POST", "/wxpay/merchant/orders/\(number)/close", token: site.cashier)
    #expect(reply.code == "ORDER_PAID")
    #expect(try site.state(number) == "paid")
  }

  @Test func `an order of another buyer looks like an unknown one`() throws {
    let (number, _, _) = try site.unpaidOrder()
    let stranger = try site.login()
    let foreign = try site.send(
      "GET", "/wxpay/order?out_trade_no=\(number)", token: stranger.token)
    let unknown = try site.send(
      "GET", "/wxpay/order?out_trade_no=\(Site.number())", token: stranger.token)
    #expect(foreign.status == 404 && unknown.status == 404)
    #expect(foreign.json["message"] == unknown.json["message"])
    #expect(try site.pay(number, stranger).code == "ORDER_NOT_FOUND")
  }

  @Test func `orders of which one's number is another's second attempt are both payable`() throws {
    let (number, buyer, _) = try site.unpaidOrder()
    let long = "\(number)-2"
    try site.createOrder(long)
    _ = try site.query("UPDATE shop_order SET total_fee = 990 WHERE order_no = '\(number)'")
    for (order, outTradeNo) in [(number, "\(number)-3"), (long, long)] {
      let payment = try site.pay(order, buyer)
      #expect(payment.status == 200, "\(payment.text)")
      try site.confirm(payment)
      try site.waitUntilPaid(order)
      #expect(try site.merchantOrder(order)["out_trade_no"]?.string == outTradeNo)
    }
  }

  @Test func `an order whose number another's attempt has taken can be paid and closed`() throws {
    let (number, buyer, _) = try site.unpaidOrder()
    _ = try site.query("UPDATE shop_order SET total_fee = 990 WHERE order_no = '\(number)'")
    #expect(try site.pay(number, buyer).status == 200)
    let late = "\(number)-2"
    try site.createOrder(late)
    let payment = try site.pay(late, buyer)
    #expect(payment.status == 200, "\(payment.text)")
    let closed = try site.send(
      "POST", "/wxpay/merchant/orders/\(late)/close", token: site.cashier)
    #expect(closed.json["state"]?.string == "closed", "\(closed.text)")
    #expect(try site.state(number) == "unpaid")
  }

  @Test func `closing does not overtake an order that is on its way to WeChat`() throws {
    let number = Site.number()
    try site.createOrder(number)
    let buyer = try site.login()
    // WeChat says that it has never heard of the order, and says so late: meanwhile it arrives.
    for (endpoint, fault, milliseconds) in [
      ("unifiedorder", "delay", 1000), ("closeorder", "delay_after", 3000),
    ] {
      try site.control(
        "POST", "fault",
        [
          "endpoint": JSON(endpoint), "fault": JSON(fault), "count": 1,
          "milliseconds": JSON(Int64(milliseconds)), "out_trade_no": JSON(number),
        ])
    }
    let replies = try concurrently(2) { index in
      if index == 0 { return try self.site.pay(number, buyer) }
      try eventually("the order is sent") {
        try self.site.query("SELECT 1 FROM payment WHERE order_no = '\(number)'").count == 1
      }
      return try self.site.send(
        "POST", "/wxpay/merchant/orders/\(number)/close", token: self.site.cashier)
    }
    try site.clearFaults()
    #expect(replies[1].json["state"]?.string == "closed", "\(replies[1].text)")
    // The buyer has got what opens the cashier; it opens nothing any more.
    #expect(replies[0].status == 200, "\(replies[0].text)")
    #expect(try site.ledger(number)["state"]?.string == "CLOSED")
  }

  @Test func `a list is read page by page`() throws {
    let site = try Site()
    let numbers = (0..<5).map { _ in Site.number() }
    for number in numbers { try site.createOrder(number) }
    var seen: [String] = []
    var cursor = ""
    repeat {
      let page = try site.send(
        "GET", "/wxpay/merchant/orders?limit=2&state=created&cursor=\(cursor)",
        token: site.cashier)
      seen += (page.json["orders"]?.array ?? []).compactMap { $0["order_no"]?.string }
      cursor = page.json["next_cursor"]?.string ?? ""
    } while !cursor.isEmpty
    #expect(seen == numbers.reversed())
  }
}
