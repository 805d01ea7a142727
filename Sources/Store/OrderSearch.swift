package import MariaDB
package import Payments

/// Finds an order by whichever of its numbers a person has at hand.
package struct OrderSearch: Sendable {
  private let database: Database

  package init(_ database: Database) { self.database = database }

  /// The order to which a number belongs.
  ///
  /// - Parameter number: the shop's order number, an attempt's (`out_trade_no`), WeChat's of the
  ///   payment (`transaction_id`), a refund's (`out_refund_no`), or WeChat's of it (`refund_id`); the
  ///   first of these that fits counts.
  /// - Returns: `nil` when nothing of ours has this number. An order that nobody has tried to pay is
  ///   known to the shop alone, and not found here.
  package func order(
    _ merchant: MerchantName, named number: String, until deadline: ContinuousClock.Instant
  ) throws -> OutTradeNo? {
    guard (1...64).contains(number.utf8.count), number.utf8.allSatisfy(\.isGraphic) else {
      return nil
    }
    let columns = [
      "payment WHERE merchant = ? AND order_no", "payment WHERE merchant = ? AND out_trade_no",
      "payment WHERE merchant = ? AND transaction_id",
      "refund WHERE merchant = ? AND out_refund_no", "refund WHERE merchant = ? AND refund_id",
    ]
    let parts = columns.enumerated().map { rank, column in
      "(SELECT order_no, \(rank) AS place FROM \(column) = ? LIMIT 1)"
    }
    return try database.withConnection(until: deadline) { connection in
      try connection.query(
        parts.joined(separator: " UNION ALL ") + " ORDER BY place LIMIT 1",
        columns.flatMap { _ in [Value.text(merchant.text), .text(number)] }
      ).first.map { try Columns(table: "payment", row: $0).value("order_no", OutTradeNo.init) }
    }
  }
}
