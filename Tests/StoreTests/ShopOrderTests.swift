import MariaDB
import Payments
import TestSupport
import Testing

@testable import Store

/// What is paid is compared with what the shop's order costs at that moment.
@Suite struct ShopOrderTests {
  @Test(arguments: [1, 199_000])
  func `an order that changed while its cashier was open is not told as paid`(now: Int64) throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.run("UPDATE shop_order SET total_fee = \(now)")
    #expect(
      try shop.notifications.record(
        [shop.message(shop.proof(attempt))], by: shop.act("wechat-notify"))
        == [.applied([.amountChanged])])
    #expect(try shop.history().suffix(2) == ["paid:unpaid>paid", "amount_changed:>"])
    #expect(try shop.record()?.alarms == [.amountChanged])
    #expect(try shop.events() == ["1 paid_other_amount"])
    let news = try #require(try shop.next(try shop.telling())).news
    #expect(news.total?.amount == 1990)
    #expect(news.orderTotal?.amount == now)
    #expect(news.alarms == [.amountChanged])
    #expect(news.payment?.payer == shop.buyer)
  }

  @Test func `an order that costs what was paid is told as paid, with what it costs`() throws {
    let shop = try Shop()
    let attempt = try shop.notified()
    let telling = try shop.telling()
    let news = try #require(try shop.next(telling)).news
    #expect(news.event == .paid)
    #expect(news.orderTotal?.amount == 1990)
    #expect(news.alarms == [])
    // What the order costs later is nothing to the events of its payment.
    try shop.run("UPDATE shop_order SET total_fee = 5")
    try shop.apply(attempt)
    #expect(try shop.record()?.alarms == [])
    let applied = try #require(try shop.next(telling, of: [.refundApplied])).news
    #expect(applied.orderTotal?.amount == 1990)
  }

  @Test(arguments: ["0", "-1", "1000000000"])
  func `an amount that cannot be understood is another amount`(amount: String) throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.replaceByView(total: amount)
    #expect(
      try shop.attempts.recordPaid(shop.proof(attempt), by: shop.act())
        == .applied([.amountChanged]))
    #expect(try shop.events() == ["1 paid_other_amount"])
    #expect(try shop.next(try shop.telling())?.news.orderTotal == nil)
    // Nothing is lost by it: shown, listed, refundable.
    #expect(try shop.record()?.state == .paid)
    #expect(try shop.list().map(\.order.total.amount) == [1990])
    try shop.apply(try #require(try shop.record()?.attempt))
  }

  // MARK: What this gateway never sent

  @Test(arguments: [true, false])
  func `a payment that another program began pays the shop's order`(isNamed: Bool) throws {
    let shop = try Shop()
    _ = try shop.orders.create(shop.order(), by: shop.act())
    if !isNamed { try shop.run("UPDATE shop_order SET openid = NULL") }
    let proof = shop.proof(shop.attempt(shop.order()))
    let message = shop.message(proof)
    #expect(
      try shop.notifications.record([message], by: shop.act("wechat-notify")) == [.applied([])])
    #expect(
      try shop.notifications.record([message], by: shop.act("wechat-notify")) == [.duplicate])
    #expect(try shop.attempts.recordPaid(proof, by: shop.act("wechat-query")) == .duplicate)
    #expect(try shop.history() == ["created:>created", "paid:>paid"])
    #expect(try shop.events() == ["1 paid"])
    let record = try #require(try shop.record())
    #expect(record.state == .paid)
    #expect(record.alarms == [])
    #expect(record.attempt?.openID == shop.buyer)
    #expect(try shop.record(of: shop.buyer)?.state == .paid)
    try shop.apply(try #require(record.attempt), "R1", 1990)
  }

  @Test func `fifty copies at once, and buyers who ask to pay, find one payment`() throws {
    let shop = try Shop(connections: 64)
    for round in 0..<5 {
      let number = "20261121-\(round)"
      let order = shop.order(number)
      _ = try shop.orders.create(order, by: shop.act())
      let attempt = shop.attempt(order)
      let message = shop.message(
        shop.proof(attempt, transaction: "T\(round)"), "<xml>\(round)</xml>")
      let outcomes = try concurrently(60) { index in
        guard index % 6 != 0 else {
          _ = try shop.attempts.open(attempt, by: shop.act())
          return nil as PaidOutcome?
        }
        return try shop.notifications.record([message], by: shop.act("wechat-notify"))[0]
      }
      #expect(outcomes.filter { $0 == .applied([]) }.count == 1)
      #expect(outcomes.filter { $0 == .duplicate }.count == 49)
      #expect(try shop.record(number)?.state == .paid)
      #expect(try shop.history(number).filter { $0.hasPrefix("paid") }.count == 1)
      #expect(try shop.events(number) == ["1 paid"])
    }
  }

  @Test func `an order that is being closed and a payment from elsewhere lose nothing`() throws {
    let shop = try Shop(connections: 32)
    for round in 0..<10 {
      let number = "20261121-\(round)"
      let order = shop.order(number)
      _ = try shop.orders.create(order, by: shop.act())
      _ = try concurrently(2) { index in
        if index == 0 {
          _ = try shop.attempts.closeUnopened(order, by: shop.act())
        } else {
          _ = try shop.attempts.recordPaid(
            shop.proof(shop.attempt(order), transaction: "T\(round)"), by: shop.act())
        }
      }
      #expect(try shop.record(number)?.state == .paid)
    }
  }

  @Test func `what contradicts the shop's order pays nothing and is told once`() throws {
    let shop = try Shop()
    _ = try shop.orders.create(shop.order(), by: shop.act())
    let attempt = shop.attempt(shop.order())
    let stranger = OpenID("oStranger")
    let contradictions = [
      (shop.proof(attempt, total: 1), Alarm.amountMismatch),
      (shop.proof(attempt, openID: stranger), .payerMismatch),
    ]
    for (proof, alarm) in contradictions {
      for _ in 0..<3 {
        #expect(
          try shop.attempts.recordPaid(proof, by: shop.act("wechat-query")) == .quarantined(alarm))
      }
    }
    #expect(
      try shop.history() == ["created:>created", "amount_mismatch:>", "payer_mismatch:>"])
    #expect(try shop.record()?.state == .created)
    #expect(try shop.record()?.alarms == [.amountMismatch, .payerMismatch])
    #expect(try shop.events() == [])
  }

  @Test func `one transaction does not pay a second order that nobody opened here`() throws {
    let shop = try Shop()
    _ = try shop.notified("20261121-1")
    let other = shop.order("20261121-2")
    _ = try shop.orders.create(other, by: shop.act())
    #expect(
      try shop.attempts.recordPaid(shop.proof(shop.attempt(other)), by: shop.act())
        == .quarantined(.transactionReused))
    #expect(try shop.record("20261121-2")?.state == .created)
  }

  @Test func `a later number that was never opened here is unknown`() throws {
    let shop = try Shop()
    _ = try shop.orders.create(shop.order(), by: shop.act())
    #expect(
      try shop.attempts.recordPaid(
        shop.proof(shop.attempt(shop.order()), outTradeNo: "20261121-7-2"), by: shop.act())
        == .quarantined(.unknownOrder))
  }

  /// Another program's cashier was paid while WeChat had refused ours, or we had closed the order.
  @Test(arguments: ["other amount", "other payer", "closed before anybody asked", "closed"])
  func `what the shop wants to be paid decides where our attempt says otherwise`(
    case trouble: String
  ) throws {
    let shop = try Shop()
    let order = shop.order()
    _ = try shop.orders.create(order, by: shop.act())
    try shop.run("UPDATE shop_order SET openid = NULL")
    var proof = shop.proof(shop.attempt(order))
    switch trouble {
    case "other amount":
      _ = try shop.attempts.open(shop.attempt(order), by: shop.act())
      try shop.run("UPDATE shop_order SET total_fee = 880")
      proof = shop.proof(shop.attempt(order), total: 880)
    case "closed before anybody asked": _ = try shop.attempts.closeUnopened(order, by: shop.act())
    default:
      _ = try shop.attempts.open(shop.attempt(order), by: shop.act())
      proof = shop.proof(shop.attempt(order), openID: OpenID("oStranger"))
      if trouble == "closed" {
        try shop.attempts.recordClosed(shop.attempt(order), .replaced, by: shop.act())
      }
    }
    let isLate = trouble.hasPrefix("closed")
    #expect(
      try shop.attempts.recordPaid(proof, by: shop.act()) == .applied(isLate ? [.latePayment] : []))
    let record = try #require(try shop.record())
    #expect(record.state == .paid)
    #expect(record.attempt?.openID == proof.proof.openID)
    #expect(record.attempt?.total == proof.proof.total)
    #expect(try shop.attempts.recordPaid(proof, by: shop.act()) == .duplicate)
    #expect(try shop.record(of: proof.proof.openID)?.state == .paid)
    if proof.proof.openID != shop.buyer { #expect(try shop.record(of: shop.buyer) == nil) }
  }

  @Test func `what WeChat has accepted from us it cannot have from another payer`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.run("UPDATE shop_order SET openid = NULL")
    #expect(
      try shop.attempts.recordPaid(
        shop.proof(attempt, openID: OpenID("oStranger")), by: shop.act())
        == .quarantined(.payerMismatch))
    #expect(try shop.record()?.state == .unpaid)
    #expect(try shop.record()?.alarms == [.payerMismatch])
  }
}

extension Shop {
  func list(_ state: PaymentState? = nil) throws -> [OrderRecord] {
    try orders.list(
      merchant: merchant, state: state, from: nil, to: nil, after: nil, limit: 50, until: soon
    ).orders
  }

  /// The order as one of its buyers sees it.
  func record(_ number: String = "20261121-7", of payer: OpenID) throws -> OrderRecord? {
    try orders.find(merchant: merchant, number: OutTradeNo(number)!, of: payer, until: soon)
  }

  /// Has the shop keep its orders in a table of its own, with what stands in `shop_order` now.
  func replaceByView(
    total: String = "total_fee", openID: String = "openid", body: String = "body",
    attach: String = "attach", detail: String = "detail", expiresAt: String = "expires_at",
    createdAt: String = "created_at"
  ) throws {
    try run("RENAME TABLE shop_order TO legacy")
    try run(
      """
      CREATE VIEW shop_order AS SELECT merchant, order_no, \(openID) AS openid, \(total) AS total_fee,
        \(body) AS body, \(attach) AS attach, \(detail) AS detail, \(expiresAt) AS expires_at,
        \(createdAt) AS created_at FROM legacy
      """)
  }
}
