import MariaDB
import Payments

extension Notifications {
  /// WeChat's own message about what the shop is told, byte for byte.
  ///
  /// The one that proved it; else, when we had asked WeChat first, the latest that came about it.
  /// - Returns: `nil` when none has come yet.
  public func original(
    of news: ShopNews, until deadline: ContinuousClock.Instant
  ) throws -> [UInt8]? {
    try database.withConnection(until: deadline) { connection in
      try connection.query(
        """
        SELECT body FROM notification
        WHERE merchant = ? AND out_trade_no = ? AND out_refund_no <=> ? AND transaction_id = ?
          AND outcome IN ('applied', 'duplicate')
        ORDER BY id <=> ? DESC, id DESC LIMIT 1
        """,
        [
          .text(news.merchant.text), Value(news.outTradeNo?.text),
          Value(news.refund?.number.text), Value(news.payment?.transactionID.text),
          Value(news.notificationID),
        ]
      ).first?.bytes("body")
    }
  }
}
