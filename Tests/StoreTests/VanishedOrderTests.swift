import MariaDB
import Payments
import Testing

@testable import Store

/// What was ever attempted or paid is an order of ours, whatever becomes of the shop's row.
@Suite struct VanishedOrderTests {
  /// What a shop does to its own rows.
  static let damages: [(name: String, sql: [String])] = [
    ("deleted", ["DELETE FROM shop_order"]),
    ("renamed", ["UPDATE shop_order SET order_no = 'ARCHIVED-7'"]),
    ("moved to another merchant", ["UPDATE shop_order SET merchant = 'other'"]),
    ("without texts", ["UPDATE shop_order SET body = '', attach = '', detail = '', openid = ''"]),
    (
      "with other texts",
      ["UPDATE shop_order SET body = '玩具🏠', attach = 'a&openid=o', detail = '['"]
    ),
    ("of another payer", ["UPDATE shop_order SET openid = 'oStranger'"]),
    ("of a payer that is none", ["UPDATE shop_order SET openid = 'no body'"]),
    ("beyond the calendar", ["UPDATE shop_order SET created_at = \(Int64.min)"]),
    ("expiring beyond the calendar", ["UPDATE shop_order SET expires_at = \(Int64.min)"]),
    ("expiring after the calendar", ["UPDATE shop_order SET expires_at = \(Int64.max)"]),
    (
      "free of charge",
      ["ALTER TABLE shop_order DROP CONSTRAINT payable", "UPDATE shop_order SET total_fee = 0"]
    ),
  ]

  @Test(arguments: damages.map(\.name), PaymentState.allCases)
  func `an order is shown, listed, closed and refunded whatever becomes of its row`(
    damage: String, state: PaymentState
  ) throws {
    let shop = try Shop()
    let attempt = try shop.bring(to: state)
    for sql in Self.damages.first(where: { $0.name == damage })?.sql ?? [] { try shop.run(sql) }
    let record = try #require(try shop.record())
    #expect(record.state == state)
    #expect(record.order.number == attempt.order)
    #expect(record.attempt?.outTradeNo == attempt.outTradeNo)
    #expect(try shop.list(state).filter { $0.order.number == attempt.order }.count == 1)
    #expect(try shop.record(of: shop.buyer)?.attempt?.outTradeNo == attempt.outTradeNo)
    #expect(try shop.record(of: try #require(OpenID("oNobody"))) == nil)
    _ = try record.decidePayOrNothing(shop.buyer)
    switch state {
    case .paid: try shop.apply(try #require(record.attempt), "R1", 1990)
    case .created, .unpaid, .closed:
      try shop.attempts.recordClosed(attempt, .merchant, by: shop.act())
      #expect(try shop.record()?.state == .closed)
      #expect(
        try shop.attempts.recordPaid(shop.proof(attempt), by: shop.act()).isApplied)
      #expect(try shop.record()?.state == .paid)
      try shop.apply(try #require(try shop.record()?.attempt), "R1", 1990)
    }
  }

  @Test func `a payment that arrives when the row is gone is paid and an alarm`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.run("DELETE FROM shop_order")
    #expect(
      try shop.notifications.record(
        [shop.message(shop.proof(attempt))], by: shop.act("wechat-notify"))
        == [.applied([.orderVanished])])
    #expect(try shop.record()?.alarms == [.orderVanished])
    #expect(try shop.history().suffix(2) == ["paid:unpaid>paid", "order_vanished:>"])
    let news = try #require(try shop.next(try shop.telling())).news
    #expect(news.event == .paid)
    #expect(news.alarms == [.orderVanished])
    #expect(news.orderTotal == nil)
    #expect(
      try shop.notifications.record(
        [shop.message(shop.proof(attempt))], by: shop.act("wechat-notify")) == [.duplicate])
  }

  @Test func `a payment at another amount than the attempt's is not believed without the row`()
    throws
  {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.run("DELETE FROM shop_order")
    #expect(
      try shop.attempts.recordPaid(shop.proof(attempt, total: 1), by: shop.act())
        == .quarantined(.amountMismatch))
  }

  @Test func `nothing is opened for a row that is gone`() throws {
    let shop = try Shop()
    _ = try shop.bring(to: .unpaid)
    try shop.run("DELETE FROM shop_order")
    let record = try #require(try shop.record())
    #expect(try record.decidePay(payer: shop.buyer, now: shop.act().now) == .refuse(.orderNotFound))
  }

  @Test(arguments: [Int64.min, -62_200_000_000_000_000, 253_402_300_800_000_000, .max])
  func `a time beyond the calendar stops no one`(time: Int64) throws {
    let shop = try Shop()
    for number in 1...3 {
      _ = try shop.orders.create(shop.order("20261121-\(number)"), by: shop.act())
    }
    try shop.run("UPDATE shop_order SET created_at = \(time) WHERE order_no = '20261121-1'")
    try shop.run("UPDATE shop_order SET expires_at = \(time) WHERE order_no = '20261121-2'")
    #expect(try shop.record("20261121-1")?.createdAt == nil)
    // Only what needs the time cannot be done.
    #expect(throws: UnusableRow.self) { try shop.record("20261121-2") }
    #expect(throws: UnusableRow.self) { try shop.record("20261121-2", of: shop.buyer) }
    var numbers: [String] = []
    var unusable: [String?] = []
    var cursor: OrderCursor?
    repeat {
      let page = try shop.orders.list(
        merchant: shop.merchant, state: nil, from: nil, to: nil, after: cursor, limit: 1,
        until: shop.soon)
      numbers += page.orders.map(\.order.number.text)
      unusable += page.unusable.map(\.order)
      cursor = page.next
    } while cursor != nil
    #expect(numbers.sorted() == ["20261121-1", "20261121-3"])
    #expect(unusable == ["20261121-2"])
  }

  @Test func `orders with and without a row are one list, newest first, in pages`() throws {
    let shop = try Shop()
    let numbers = (1...9).map { "20261121-\($0)" }
    for (index, number) in numbers.enumerated() {
      let order = shop.order(number)
      // Pairs of the same moment: the number decides.
      let act = shop.act(at: 1_795_222_991_000_000 + Int64(index / 2))
      _ = try shop.orders.create(order, by: act)
      guard index % 4 != 3 else { continue }
      _ = try shop.attempts.open(shop.attempt(order), by: act)
      _ = try shop.attempts.open(shop.attempt(order, number: 2), by: act)
    }
    try shop.run(
      "DELETE FROM shop_order WHERE order_no IN ('20261121-1', '20261121-5', '20261121-9')")
    for limit in 1...4 {
      var seen: [String] = []
      var cursor: OrderCursor?
      repeat {
        let page = try shop.orders.list(
          merchant: shop.merchant, state: nil, from: nil, to: nil, after: cursor, limit: limit,
          until: shop.soon)
        seen += page.orders.map(\.order.number.text)
        cursor = page.next
      } while cursor != nil
      #expect(seen == numbers.reversed())
    }
  }

  @Test func `who asked to pay an order that names nobody sees their own attempt`() throws {
    let shop = try Shop()
    let order = shop.order()
    _ = try shop.orders.create(order, by: shop.act())
    try shop.run("UPDATE shop_order SET openid = NULL")
    let other = try #require(OpenID("oOther"))
    #expect(try shop.record(of: shop.buyer) == nil)
    let first = shop.attempt(order)
    _ = try shop.attempts.open(first, by: shop.act())
    try shop.attempts.recordClosed(first, .wechat, by: shop.act())
    let second = shop.attempt(order, number: 2, payer: other)
    _ = try shop.attempts.open(second, by: shop.act())
    _ = try shop.attempts.recordPaid(
      shop.proof(second, openID: other), by: shop.act())
    #expect(try shop.record(of: shop.buyer)?.attempt?.outTradeNo == first.outTradeNo)
    #expect(try shop.record(of: other)?.attempt?.outTradeNo == second.outTradeNo)
    // Both have paid: to each their own.
    _ = try shop.attempts.recordPaid(shop.proof(first, transaction: "2"), by: shop.act())
    #expect(try shop.record(of: shop.buyer)?.attempt?.outTradeNo == first.outTradeNo)
    #expect(try shop.record(of: other)?.attempt?.outTradeNo == second.outTradeNo)
    #expect(try shop.record()?.attempt?.outTradeNo == second.outTradeNo)
  }
}

extension OrderRecord {
  /// Whatever is decided: no time may stop the program.
  fileprivate func decidePayOrNothing(_ payer: OpenID) throws -> PayDecision? {
    do {
      return try decidePay(payer: payer, now: BeijingTime(microseconds: 1_795_222_991_000_000))
    } catch is UnusableRow {
      return nil
    }
  }
}

extension PaidOutcome {
  fileprivate var isApplied: Bool { if case .applied = self { true } else { false } }
}

extension Shop {
  fileprivate func bring(to state: PaymentState) throws -> PaymentAttempt {
    switch state {
    case .created:
      _ = try orders.create(order(), by: act())
      let attempt = attempt(order())
      _ = try attempts.open(attempt, by: act())
      return attempt
    case .unpaid: return try unpaid()
    case .paid: return try paid()
    case .closed:
      let attempt = try unpaid()
      try attempts.recordClosed(attempt, .wechat, by: act())
      return attempt
    }
  }
}
