import MariaDB
import Payments
import Testing

@testable import Store

/// Lists and views take no longer when there is more behind what they show.
@Suite struct OrderListTests {
  @Test func `a view shows the newest part of a long history, and where older parts are`() throws {
    let shop = try Shop()
    let number = shop.order().number
    _ = try shop.orders.create(shop.order(), by: shop.act())
    try shop.copyJournal(times: 250)
    let journal = shop.journal
    let newest = try journal.page(merchant: shop.merchant, order: number, until: shop.soon)
    #expect(newest.entries.count == 100)
    #expect(newest.entries.last?.detail == "line 250")
    let middle = try journal.page(
      merchant: shop.merchant, order: number, before: newest.older, until: shop.soon)
    #expect(middle.entries.last?.detail == "line 150")
    let oldest = try journal.page(
      merchant: shop.merchant, order: number, before: middle.older, until: shop.soon)
    #expect(oldest.entries.count == 51)
    #expect(oldest.entries.first?.event == "created")
    #expect(oldest.older == nil)
    #expect(
      try journal.timeline(merchant: shop.merchant, order: number, until: shop.soon)
        == newest.entries)
  }

  @Test func `a view shows the newest refunds, what they all gave back, and where older ones are`()
    throws
  {
    let shop = try Shop()
    let payment = try shop.paid()
    try shop.apply(payment)
    try shop.run("UPDATE refund SET state = 'withdrawn'")
    // 1 fen of each was given back.
    try shop.copyRefunds(times: 150, as: "succeeded")
    let other = try #require(OpenID(String("rehtOo".reversed())))
    func view(_ cursor: RefundCursor? = nil, of payer: OpenID? = nil) throws -> OrderRefunds {
      try shop.refunds.newest(
        shop.merchant, of: [payment.order], payer: payer, before: cursor, until: shop.soon)[
          payment.order] ?? .none
    }
    let newest = try view()
    #expect(newest.refunds.map(\.number.text) == (51...150).map { "C\("0000\($0)".suffix(5))" })
    #expect(newest.refunded == 150)
    let older = try view(newest.older)
    #expect(older.refunds.map(\.number.text).prefix(2) == ["R1", "C00001"])
    #expect(older.refunds.count == 51)
    #expect(older.older == nil)
    #expect(older.refunded == 150)
    #expect(try view(of: shop.buyer).refunded == 150)
    #expect(try view(of: other).refunds.isEmpty)
    #expect(try view(of: other).refunded == 0)
  }

  /// By MariaDB's own count of the rows it has touched: a machine that is slow counts the same.
  @Test func `a page costs the same whatever history its orders have, and whatever follows`() throws
  {
    // One connection: the count is a session's.
    let shop = try Shop(connections: 1)
    for number in 1...60 {
      let payment = try shop.paid("20261121-\(100 + number)", transaction: "T\(number)")
      if number == 60 { try shop.apply(payment) }
    }
    func cost(_ after: OrderCursor? = nil) throws -> Int64 {
      let before = try shop.rowsRead()
      let page = try shop.orders.list(
        merchant: shop.merchant, state: nil, from: nil, to: nil, after: after, limit: 50,
        until: shop.soon)
      _ = try shop.refunds.newest(
        shop.merchant, of: page.orders.map(\.order.number), until: shop.soon)
      #expect(page.orders.count == 50)
      return try shop.rowsRead() - before
    }
    let short = try cost()
    try shop.copyJournal(times: 20_000, of: "20261121-160")
    try shop.copyOrders(times: 20_000)
    try shop.copyRefunds(times: 20_000, as: "withdrawn")
    try shop.run("ANALYZE TABLE journal, shop_order, payment, refund, alarm")
    let long = try cost()
    #expect(long <= short + 500, "\(short) rows before, \(long) now")
    let middle = OrderCursor(
      createdAt: BeijingTime(microseconds: 1_795_222_990_990_000), number: "~")
    let deep = try cost(middle)
    #expect(deep <= short + 500, "\(short) rows on the first page, \(deep) on a later one")
  }

  @Test func `a page without filters reads no table from end to end, and sorts none`() throws {
    let shop = try Shop()
    try shop.copyOrders(times: 5000)
    try shop.run("ANALYZE TABLE shop_order, payment")
    var wish = OrderWish(
      merchant: shop.merchant, state: nil, alarm: nil, from: nil, to: nil, after: nil)
    wish.bound(at: 1_795_222_990_999_000)
    for question in [wish.inShop, wish.vanished] {
      let plan = try shop.database.withConnection(until: shop.soon) { connection in
        try connection.query("EXPLAIN " + question.sql, question.values(51))
      }
      for row in plan {
        let line = try ["table", "type", "key", "Extra"].map { try row.optionalText($0) ?? "-" }
        #expect(line[1] != "ALL" && line[1] != "index", "\(line)")
        #expect(!line[3].contains("filesort"), "\(line)")
      }
    }
  }
}

extension Shop {
  /// What this session has made MariaDB read.
  fileprivate func rowsRead() throws -> Int64 {
    try query("SHOW SESSION STATUS LIKE 'Handler_read_%'").map {
      Int64(try $0.text("Value")) ?? 0
    }.reduce(0, +)
  }

  fileprivate func copyJournal(times: Int, of order: String = "20261121-7") throws {
    try run(
      """
      INSERT INTO journal (at, merchant, order_no, event, actor, detail)
      SELECT 1795222991000000 + seq, 'main', '\(order)', 'waiting', 'duty', CONCAT('line ', seq)
      FROM seq_1_to_\(times)
      """)
  }

  /// Newer ones than the refund that there is, of the same order.
  fileprivate func copyRefunds(times: Int, as state: String) throws {
    try run(
      """
      INSERT INTO refund (merchant, out_refund_no, order_no, out_trade_no, transaction_id, total_fee,
        applied_fee, refund_fee, kind, state, reason, applied_at)
      SELECT merchant, CONCAT('C', LPAD(seq, 5, '0')), order_no, out_trade_no, transaction_id,
        total_fee, 1, 1, kind, '\(state)', reason, applied_at + seq
      FROM refund, seq_1_to_\(times)
      """)
  }

  /// Older orders than all others; each is paid.
  fileprivate func copyOrders(times: Int) throws {
    try run(
      """
      INSERT INTO shop_order (merchant, order_no, total_fee, body, created_at)
      SELECT 'main', CONCAT('OLD-', LPAD(seq, 8, '0')), 1, 'tea', 1795222990000000 + seq * 49
      FROM seq_1_to_\(times)
      """)
    try run(
      """
      INSERT INTO payment (merchant, out_trade_no, order_no, attempt, state, openid, total_fee,
        parameters, transaction_id, paid_at, created_at)
      SELECT merchant, order_no, order_no, 1, 'paid', 'oBuyer', 1, '', REPLACE(order_no, '-', ''), created_at,
        created_at + 1000
      FROM shop_order WHERE order_no LIKE 'OLD-%'
      """)
  }
}
