import MariaDB
import Payments

extension Notifications {
  /// WeChat's own messages about the payment or refund that the shop is told of, byte for byte.
  ///
  /// - Returns: the one that proved the event first, then the latest first; the ones about a refund
  ///   may tell of another state than the event does. Empty when none has come yet.
  package func originals(
    of news: ShopNews, until deadline: ContinuousClock.Instant
  ) throws -> [[UInt8]] {
    try database.withConnection(until: deadline) { connection in
      try connection.query(
        """
        SELECT body FROM notification
        WHERE merchant = ? AND out_trade_no = ? AND out_refund_no <=> ? AND transaction_id = ?
          AND outcome IN ('applied', 'duplicate')
        ORDER BY id <=> ? DESC, id DESC LIMIT 20
        """,
        [
          .text(news.merchant.text), Value(news.outTradeNo?.text),
          Value(news.refund?.number.text), Value(news.payment?.transactionID.text),
          Value(news.notificationID),
        ]
      ).map { try $0.bytes("body") }
    }
  }
}
