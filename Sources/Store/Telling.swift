import MariaDB
import Payments

extension Connection {
  /// Writes down what the shop is to be told, in the transaction of the change itself.
  ///
  /// The events of an order are numbered in the order in which they are committed, without gaps:
  /// whoever wants the same number waits at the unique key until the first one's transaction has
  /// ended, and takes the next.
  mutating func tell(_ event: ShopEvent, _ line: JournalLine, by act: Act) throws(MariaDBError) {
    while try !number(event, line, by: act) {}
    try plan(.delivery, line.merchant, line.order.text, afterSeconds: 0)
  }

  /// How many events an order has had: the number of its latest.
  mutating func eventCount(
    _ merchant: MerchantName, _ order: OutTradeNo
  ) throws -> Int64 {
    try query(
      "SELECT COALESCE(MAX(seq), 0) AS seq FROM event WHERE merchant = ? AND order_no = ?",
      [.text(merchant.text), .text(order.text)])[0].integer("seq")
  }

  /// - Returns: `false` when somebody else has taken the number.
  private mutating func number(
    _ event: ShopEvent, _ line: JournalLine, by act: Act
  ) throws(MariaDBError) -> Bool {
    let key: [Value] = [.text(line.merchant.text), .text(line.order.text)]
    let content: [Value] = [
      .text(event.rawValue), .integer(act.now.microseconds), Value(line.outTradeNo?.text),
      Value(line.refund?.text), Value(line.notificationID), Value(line.orderTotal?.amount),
      .text(line.alarms.map(\.rawValue).joined(separator: ",")),
    ]
    return try executeUnlessTaken(
      """
      INSERT INTO event (merchant, order_no, seq, event, at, out_trade_no, out_refund_no,
        notification_id, order_fee, alarms)
      SELECT ?, ?, COALESCE(MAX(seq), 0) + 1, ?, ?, ?, ?, ?, ?, ? FROM event
      WHERE merchant = ? AND order_no = ?
      """, key + content + key) != nil
  }
}
