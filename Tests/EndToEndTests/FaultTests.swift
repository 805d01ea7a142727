import Foundation
import Server
import Synchronization
import TestSupport
import Testing

/// WeChat misbehaves; the order stays payable and nothing is paid twice or lost.
@Suite struct FaultTests {
  private static let site = Result { try Site() }
  private let site: Site

  init() throws { site = try Self.site.get() }

  /// The faults of a call, and whether WeChat has acted when it happens.
  static let faults = [
    "drop_before", "drop_after", "wrong_signature", "systemerror_before", "systemerror_after",
    "html_502", "truncated", "oversized", "wrong_appid", "wrong_mch_id",
  ]

  @Test(arguments: faults)
  func `whatever becomes of unifiedorder, the same order can be paid afterwards`(
    fault: String
  ) throws {
    // A site of its own: a fault strikes whoever calls next. Its time runs slower, because repeating
    // a SYSTEMERROR takes 7 s, which a prepay session must outlive.
    let site = try Site(.init(apiWorkers: 4, speed: 100))
    let number = Site.number()
    try site.createOrder(number)
    let buyer = try site.login()
    try site.fault("unifiedorder", fault, count: 0)
    let refused = try site.pay(number, buyer)
    #expect(refused.status == 503, "\(refused.text)")
    #expect(refused.code == "WECHAT_UNAVAILABLE")
    #expect(refused.json["package"] == nil)
    #expect(try site.state(number) == "created")
    try site.clearFaults()
    let payment = try site.pay(number, buyer)
    #expect(payment.status == 200, "\(payment.text)")
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    #expect(try site.query("SELECT 1 FROM payment").count == 1)
  }

  @Test(arguments: ["systemerror_before", "systemerror_after"])
  func `a SYSTEMERROR that passes is nothing the buyer hears of`(fault: String) throws {
    let site = try Site(.init(apiWorkers: 4, speed: 100))
    try site.fault("unifiedorder", fault, count: 1)
    let (number, _, payment) = try site.unpaidOrder()
    #expect(
      try site.ledger(number)["transmissions"]?.integer == (fault == "systemerror_after" ? 2 : 1))
    try site.confirm(payment)
    try site.waitUntilPaid(number)
  }

  @Test func `an order's history tells that WeChat gave no answer`() throws {
    let site = try Site(.init(apiWorkers: 4))
    let number = Site.number()
    try site.createOrder(number)
    let buyer = try site.login()
    try site.fault("unifiedorder", "html_502")
    _ = try site.pay(number, buyer)
    let entry = try #require(
      try site.merchantOrder(number)["timeline"]?.array?.first {
        $0["event"]?.string == "unanswered"
      })
    #expect(entry["detail"]?.string?.contains("unifiedorder") == true, "\(entry)")
  }

  @Test(arguments: faults + ["wrong_out_trade_no"])
  func `whatever becomes of orderquery, no state is made up`(fault: String) throws {
    let site = try Site(.init(apiWorkers: 4))
    try site.fault("notify", "lose", count: 0)
    let (number, buyer, payment) = try site.unpaidOrder()
    try site.confirm(payment)
    try site.fault("orderquery", fault, count: 0)
    let before = try site.digest()
    let seen = try site.send("GET", "/wxpay/order?out_trade_no=\(number)", token: buyer.token)
    #expect(seen.status == 200)
    #expect(seen.json["state"]?.string == "unpaid")
    // The moment of asking is noted, nothing else.
    #expect(
      try site.digest().filter { $0.key != "payment" } == before.filter { $0.key != "payment" })
    try site.clearFaults()
    try site.fault("notify", "lose", count: 0)
    try eventually("the order is paid") {
      try site.send("GET", "/wxpay/order?out_trade_no=\(number)", token: buyer.token)
        .json["state"]?.string == "paid"
    }
  }

  @Test(arguments: faults)
  func `whatever becomes of closeorder, the order is closed or payable`(fault: String) throws {
    let site = try Site(.init(apiWorkers: 4))
    let (number, buyer, _) = try site.unpaidOrder()
    try site.fault("closeorder", fault, count: 0)
    let close = "/wxpay/merchant/orders/\(number)/close"
    let refused = try site.send("POST", close, token: site.cashier)
    #expect(refused.status == 503, "\(refused.text)")
    #expect(try site.state(number) == "unpaid")
    try site.clearFaults()
    let closed = try site.send("POST", close, token: site.cashier)
    #expect(closed.json["state"]?.string == "closed", "\(closed.text)")
    #expect(try site.pay(number, buyer).code == "ORDER_CLOSED")
  }

  @Test(arguments: ["drop_before", "html_502", "truncated", "oversized"])
  func `a login that WeChat does not answer can be repeated`(fault: String) throws {
    let site = try Site(.init(apiWorkers: 4))
    try site.fault("jscode2session", fault, count: 0)
    let code = try site.control("POST", "login", [:]).json["code"] ?? .null
    let refused = try site.send("POST", "/wxpay/login", json: ["code": code])
    #expect(refused.code == "WECHAT_UNAVAILABLE", "\(refused.text)")
    try site.clearFaults()
    #expect(throws: Never.self) { try site.login() }
  }

  @Test func `a slow WeChat does not hold up notifications`() throws {
    let site = try Site(.init(apiWorkers: 8))
    let (paid, _, payment) = try site.unpaidOrder()
    try site.fault("unifiedorder", "delay", count: 0, milliseconds: 4000)
    let waiting = Thread {
      _ = try? concurrently(16) { _ in
        let number = Site.number()
        try site.createOrder(number)
        _ = try site.pay(number, try site.login())
      }
    }
    waiting.start()
    Thread.sleep(forTimeInterval: 0.5)
    try site.confirm(payment)
    try eventually("the notification is answered", within: .seconds(3)) {
      try site.state(paid) == "paid"
    }
    try site.clearFaults()
  }

  @Test func `a flood of logins leaves workers for buyers who pay`() throws {
    let site = try Site(.init(apiWorkers: 16))
    let (number, buyer, _) = try site.unpaidOrder()
    try site.fault("jscode2session", "delay", count: 0, milliseconds: 8000)
    let code = try site.control("POST", "login", [:]).json["code"] ?? .null
    let flood = Thread {
      _ = try? concurrently(40) { _ in
        try site.send("POST", "/wxpay/login", json: ["code": code])
      }
    }
    flood.start()
    Thread.sleep(forTimeInterval: 1)
    let started = ContinuousClock.now
    #expect(try site.pay(number, buyer).status == 200)
    #expect(ContinuousClock.now - started < .seconds(4))
    try site.clearFaults()
  }

  @Test func `slow orders do not hold up notifications`() throws {
    let site = try Site()
    let (number, buyer, payment) = try site.unpaidOrder()
    try site.fault("notify", "lose", count: 1)
    try site.confirm(payment)
    // A site's own view over its own table, and a bad day of that table.
    _ = try site.query("RENAME TABLE shop_order TO real_order")
    _ = try site.query(
      """
      CREATE VIEW shop_order AS SELECT merchant, order_no, openid, total_fee + 0 * SLEEP(1) AS
        total_fee, body, attach, detail, expires_at, created_at FROM real_order
      """)
    let isOver = Atomic(false)
    let buyers = Thread {
      _ = try? concurrently(60) { _ in
        while !isOver.load(ordering: .relaxed) {
          _ = try site.send("GET", "/wxpay/order?out_trade_no=\(number)", token: buyer.token)
        }
      }
    }
    buyers.start()
    defer { isOver.store(true, ordering: .relaxed) }
    Thread.sleep(forTimeInterval: 2)
    for _ in 0..<3 {
      let answer = try #require(
        try site.control(
          "POST", "notify", ["out_trade_no": .string(number), "probe": "duplicate", "count": 1]
        ).json.array?.first)
      #expect(answer["acked"]?.bool == true)
      // Its own look at the order takes a second; WeChat waits for five.
      #expect((answer["milliseconds"]?.integer ?? 99_999) < 4000, "\(answer)")
    }
  }

  @Test func `without WeChat the buyer hears 503 and the order stays payable`() throws {
    let site = try Site(.init(apiWorkers: 4))
    let number = Site.number()
    try site.createOrder(number)
    let buyer = try site.login()
    try site.stopWeChat()
    #expect(try site.pay(number, buyer).code == "WECHAT_UNAVAILABLE")
    try site.startWeChat()
    #expect(try site.pay(number, buyer).status == 200)
  }

  @Test func `without MariaDB there is 503 and FAIL, and both end without a restart`() throws {
    let server = try PrivateMariaDB()
    let site = try Site(.init(apiWorkers: 4, server: server))
    let (number, buyer, payment) = try site.unpaidOrder()
    try server.kill()
    let started = ContinuousClock.now
    #expect(try site.pay(number, buyer).code == "DATABASE_UNAVAILABLE")
    try eventually("health is 503") { try site.send("GET", "/wxpay/health").status == 503 }
    let reply = try site.send(
      "POST", "/wxpay/receive-notify",
      body: Array("<xml><appid>wx1</appid></xml>".utf8), contentType: "text/xml")
    #expect(reply.text.contains("<![CDATA[FAIL]]>"))
    #expect(ContinuousClock.now - started < .seconds(20))
    try site.control("POST", "pay", ["request_payment": payment.json])
    try eventually("WeChat was told FAIL") {
      try site.notifications().count >= 2
    }
    try server.restart()
    try site.waitUntilPaid(number)
    #expect(try site.moves(number).filter { $0 == "unpaid>paid" }.count == 1)
  }

  @Test func `a frozen MariaDB never makes a false SUCCESS`() throws {
    let server = try PrivateMariaDB()
    let site = try Site(.init(apiWorkers: 4, server: server))
    let (number, _, payment) = try site.unpaidOrder()
    try site.fault("notify", "lose", count: 1)
    try site.confirm(payment)
    server.freeze()
    let reply = try site.control(
      "POST", "notify",
      ["out_trade_no": .string(number), "probe": "duplicate", "count": 1])
    let answer = try #require(reply.json.array?.first)
    #expect(answer["body"]?.string?.contains("SUCCESS") != true, "\(reply.text)")
    #expect((answer["milliseconds"]?.integer ?? 99_999) < 5000, "\(reply.text)")
    server.thaw()
    let again = try site.control(
      "POST", "notify",
      ["out_trade_no": JSON(number), "probe": "duplicate", "count": 1])
    #expect(again.json.array?.first?["acked"]?.bool == true, "\(again.text)")
    #expect(try site.moves(number).filter { $0 == "unpaid>paid" }.count == 1)
  }

  @Test func `a WeChat that answers nobody is left in peace, and found when it is back`() throws {
    // Hurried, so that seconds of caution are milliseconds here.
    let site = try Site(.init(haste: 100))
    let number = Site.number()
    try site.createOrder(number)
    let buyer = try site.login()
    try site.fault("unifiedorder", "drop_after", count: 0)
    let wishes = 60
    for _ in 0..<wishes {
      #expect(try site.pay(number, buyer).code == "WECHAT_UNAVAILABLE")
    }
    let asked = try #require(try site.ledger(number)["transmissions"]?.integer)
    #expect(asked >= 5 && asked < wishes, "\(asked)")
    try site.clearFaults()
    try eventually("the order can be paid", within: .seconds(10)) {
      try site.pay(number, buyer).status == 200
    }
  }
}
