import MariaDB
package import Payments

/// The refunds of an order, as a view of it shows them.
package struct OrderRefunds: Sendable {
  /// The newest ones, oldest first.
  package let refunds: [Refund]
  /// Where older ones begin; `nil` when these are all.
  package let older: RefundCursor?
  /// What WeChat has returned to the buyer so far, in fen, older ones included.
  package let refunded: Int64

  package init(refunds: [Refund], older: RefundCursor?, refunded: Int64) {
    self.refunds = refunds
    self.older = older
    self.refunded = refunded
  }

  package static let none = OrderRefunds(refunds: [], older: nil, refunded: 0)
}

extension Refunds {
  /// How many refunds a view of an order shows: a buyer may have applied for any number.
  private static let shown = 100

  /// The newest refunds of some orders; an order without any is left out.
  ///
  /// - Parameters:
  ///   - payer: only refunds of what this buyer has paid.
  ///   - cursor: `older` of what was seen before.
  package func newest(
    _ merchant: MerchantName, of orders: [OutTradeNo], payer: OpenID? = nil,
    before cursor: RefundCursor? = nil, until deadline: ContinuousClock.Instant
  ) throws -> [OutTradeNo: OrderRefunds] {
    guard !orders.isEmpty else { return [:] }
    return try database.withConnection(until: deadline) { connection in
      let refunded = try connection.refunded(merchant, orders, payer)
      var found: [OutTradeNo: OrderRefunds] = [:]
      for order in try connection.refundedOrders(merchant, orders) {
        var refunds = try connection.refunds(
          merchant, order, payer, before: cursor, limit: Self.shown + 1)
        let hasOlder = refunds.count > Self.shown
        if hasOlder { refunds.removeLast() }
        found[order] = OrderRefunds(
          refunds: refunds.reversed(),
          older: hasOlder ? refunds.last.map(RefundCursor.init(before:)) : nil,
          refunded: refunded[order] ?? 0)
      }
      return found
    }
  }
}

extension RefundCursor {
  fileprivate init(before refund: Refund) {
    self.init(appliedAt: refund.appliedAt, number: refund.number)
  }
}

extension Connection {
  private static let isPayers = """
     AND EXISTS (SELECT 1 FROM payment p WHERE p.merchant = refund.merchant
      AND p.out_trade_no = refund.out_trade_no AND p.openid = ?)
    """

  /// Those of some orders that have refunds.
  fileprivate mutating func refundedOrders(
    _ merchant: MerchantName, _ orders: [OutTradeNo]
  ) throws -> [OutTradeNo] {
    // One look into the index for each: DISTINCT would read all refunds there are.
    let one = "(SELECT order_no FROM refund WHERE merchant = ? AND order_no = ? LIMIT 1)"
    var found: [OutTradeNo] = []
    for start in stride(from: 0, to: orders.count, by: 100) {
      let part = orders[start..<min(start + 100, orders.count)]
      found += try query(
        part.map { _ in one }.joined(separator: " UNION ALL "),
        part.flatMap { [.text(merchant.text), .text($0.text)] }
      ).map { try Columns(table: "refund", row: $0).value("order_no", OutTradeNo.init) }
    }
    return found
  }

  fileprivate mutating func refunded(
    _ merchant: MerchantName, _ orders: [OutTradeNo], _ payer: OpenID?
  ) throws -> [OutTradeNo: Int64] {
    let rows = try query(
      """
      SELECT order_no, CAST(SUM(refund_fee) AS SIGNED) AS refunded
      FROM refund FORCE INDEX (by_order_state)
      WHERE merchant = ? AND order_no IN (\(orders.map { _ in "?" }.joined(separator: ", ")))
        AND state = 'succeeded'\(payer == nil ? "" : Self.isPayers)
      GROUP BY order_no
      """,
      [.text(merchant.text)] + orders.map { .text($0.text) }
        + (payer.map { [.text($0.text)] } ?? []))
    var refunded: [OutTradeNo: Int64] = [:]
    for row in rows {
      let order = try Columns(table: "refund", row: row).value("order_no", OutTradeNo.init)
      refunded[order] = try row.integer("refunded")
    }
    return refunded
  }

  /// Newest first.
  fileprivate mutating func refunds(
    _ merchant: MerchantName, _ order: OutTradeNo, _ payer: OpenID?, before cursor: RefundCursor?,
    limit: Int
  ) throws -> [Refund] {
    var sql = Refund.selection + " WHERE merchant = ? AND order_no = ?"
    var values: [Value] = [.text(merchant.text), .text(order.text)]
    if let payer {
      sql += Self.isPayers
      values.append(.text(payer.text))
    }
    if let cursor {
      sql += " AND (applied_at < ? OR (applied_at = ? AND out_refund_no < ?))"
      let appliedAt = Value.integer(cursor.appliedAt.microseconds)
      values += [appliedAt, appliedAt, .text(cursor.number.text)]
    }
    return try query(
      sql + " ORDER BY applied_at DESC, out_refund_no DESC LIMIT ?",
      values + [.integer(Int64(limit))]
    ).map { try Refund(Columns(table: "refund", row: $0)) }
  }
}
