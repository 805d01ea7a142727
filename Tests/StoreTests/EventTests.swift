import MariaDB
import Payments
import Store
import TestSupport
import Testing

/// What is written down for the shop, and when.
@Suite struct EventTests {
  @Test func `a payment is told once, with the message that proves it`() throws {
    let shop = try Shop()
    let attempt = try shop.notified()
    _ = try shop.notifications.record(
      [shop.message(shop.proof(attempt), "<xml>20261121-7</xml>")], by: shop.act())
    _ = try shop.attempts.recordPaid(shop.proof(attempt), by: shop.act())
    #expect(try shop.events() == ["1 paid"])
    let news = try #require(try shop.next(try shop.telling())).news
    #expect(news.total?.amount == 1990)
    #expect(news.payment?.payer == shop.buyer)
    #expect(news.payment?.paidAt.compact == "20261121090311")
    #expect(
      try shop.notifications.originals(of: news, until: shop.soon)
        == [Array("<xml>20261121-7</xml>".utf8)])
  }

  @Test func `what contradicts our records is told to nobody`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    _ = try shop.notifications.record([shop.message(shop.proof(attempt, total: 1))], by: shop.act())
    #expect(try shop.events() == [])
    #expect(try shop.duties.take([.delivery], until: shop.soon) == nil)
  }

  @Test func `a message that comes after we asked is found for the event`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    _ = try shop.attempts.recordPaid(shop.proof(attempt), by: shop.act("wechat-query"))
    let news = try #require(try shop.next(try shop.telling())).news
    #expect(try shop.notifications.originals(of: news, until: shop.soon).isEmpty)
    _ = try shop.notifications.record(
      [shop.message(shop.proof(attempt), "<late/>")], by: shop.act("wechat-notify"))
    #expect(
      try shop.notifications.originals(of: news, until: shop.soon) == [Array("<late/>".utf8)])
  }

  @Test(arguments: Closing.allCases)
  func `an attempt that makes room for the next one does not close the order for the shop`(
    closing: Closing
  ) throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.attempts.recordClosed(attempt, closing, by: shop.act())
    #expect(try shop.events() == ([.merchant, .expired].contains(closing) ? ["1 closed"] : []))
  }

  @Test func `an order that nobody asked to pay is told as closed, without a payment`() throws {
    let shop = try Shop()
    let order = shop.order()
    _ = try shop.orders.create(order, by: shop.act())
    _ = try shop.attempts.closeUnopened(order, by: shop.act())
    let news = try #require(try shop.next(try shop.telling())).news
    #expect(news.event == .closed)
    #expect(news.payment == nil)
  }

  @Test func `closed, then paid, is told in this order, and closed tells of no payment`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.attempts.recordClosed(attempt, .merchant, by: shop.act())
    _ = try shop.attempts.recordPaid(shop.proof(attempt), by: shop.act())
    #expect(try shop.events() == ["1 closed", "2 paid"])
    let news = try #require(try shop.next(try shop.telling())).news
    #expect(news.event == .closed)
    #expect(news.payment == nil)
  }

  @Test func `a refund's way is told step by step, each with what was true then`() throws {
    let shop = try Shop()
    let payment = try shop.notified()
    try shop.apply(payment, "R1", 1000)
    _ = try shop.decide("R1", .approve(amount: Fen(600)), reason: "同意")
    try shop.finish("R1", .succeeded)
    try shop.apply(payment, "R2", 300)
    _ = try shop.decide("R2", .reject, reason: "同意")
    #expect(
      try shop.events() == [
        "1 paid", "2 refund_applied", "3 refund_approved", "4 refund_succeeded",
        "5 refund_applied", "6 refund_rejected",
      ])
    let duty = try shop.telling()
    var told: [String] = []
    while let pending = try shop.next(duty) {
      let refund = pending.news.refund
      told.append(
        "\(pending.news.event.rawValue) \(refund?.amount.amount ?? 0) of \(pending.news.refunded.amount)"
          + " \(refund?.reviewReason ?? "-") \(refund?.refundID?.text ?? "-")")
      try shop.deliveries.recordArrived(pending, by: shop.act())
    }
    #expect(
      told == [
        "paid 0 of 0 - -", "refund_applied 1000 of 0 - -", "refund_approved 600 of 0 同意 -",
        "refund_succeeded 600 of 600 同意 50000R1", "refund_applied 300 of 600 - -",
        "refund_rejected 300 of 600 同意 -",
      ])
  }

  @Test(arguments: [RefundEvent.closed, .abnormal])
  func `a refund that fails is told`(event: RefundEvent) throws {
    let shop = try Shop()
    try shop.apply(try shop.notified(), "R1", 1000, parameters: "refund_fee=1000")
    try shop.finish("R1", event)
    #expect(
      try shop.events() == [
        "1 paid", "2 refund_applied", "3 refund_approved", "4 refund_\(event.rawValue)",
      ])
  }

  @Test func `what was not changed is not told`() throws {
    let shop = try Shop()
    let payment = try shop.notified()
    try shop.apply(payment, "R1", 1000)
    #expect(
      try shop.refunds.apply(shop.application(payment, "R2", 1000), by: shop.act())
        == .refused(.exceeds(left: try #require(Fen(990)))))
    _ = try shop.refunds.apply(shop.application(payment, "R1", 1000), by: shop.act())
    #expect(try shop.events() == ["1 paid", "2 refund_applied"])
  }

  @Test func `events of one order that happen at once are numbered without gaps`() throws {
    let shop = try Shop()
    let payment = try shop.notified()
    try shop.apply(payment, "R", 1)
    _ = try concurrently(24) { index in
      // Every third exceeds the payment: its transaction is undone with its number.
      _ = try shop.refunds.apply(
        shop.application(payment, "R\(index)", index % 3 == 0 ? 1990 : 1), by: shop.act())
    }
    #expect(
      try shop.events() == ["1 paid"] + (2...18).map { "\($0) refund_applied" })
  }
}
