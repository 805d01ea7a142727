import MariaDB
package import Payments

/// How much a token may refund directly in a day (每日退款限额): a stolen one shall not empty the
/// merchant's account.
package struct RefundDayLimit: Sendable {
  /// The name of the token: further tokens of the name are no way around.
  package let holder: String
  package let amount: Fen

  package init(holder: String, amount: Fen) {
    self.holder = holder
    self.amount = amount
  }
}

extension Connection {
  /// Not INSERT IGNORE, which locks an existing row for reading only: two that want to change it
  /// would wait for each other.
  fileprivate mutating func openDay(_ key: [Value]) throws(MariaDBError) {
    try execute(
      """
      INSERT INTO refund_day (merchant, holder, day) VALUES (?, ?, ?)
      ON DUPLICATE KEY UPDATE refund_fee = refund_fee
      """, key)
  }

  /// Counts a direct refund against its token's day, if it still fits.
  ///
  /// - Throws: `NotRefundable.dayLimitReached`.
  mutating func countToday(_ application: RefundApplication, at now: BeijingTime) throws {
    guard let limit = application.dayLimit else { return }
    let key = application.payment.merchant.dayKey(limit.holder, now)
    try openDay(key)
    let amount = Value.integer(application.amount.amount)
    let counted = try execute(
      """
      UPDATE refund_day SET refund_fee = refund_fee + ?
      WHERE merchant = ? AND holder = ? AND day = ? AND refund_fee + ? <= ?
      """, [amount] + key + [amount, .integer(limit.amount.amount)])
    guard counted == 1 else { throw NotRefundable.dayLimitReached }
  }
}

extension Refunds {
  /// Raises the alarm that a token's day is full, once a day.
  func raiseDayLimit(_ application: RefundApplication, by act: Act) throws {
    guard let limit = application.dayLimit else { return }
    let payment = application.payment
    let key = payment.merchant.dayKey(limit.holder, act.now)
    try database.transaction(until: act.deadline) { connection in
      try connection.openDay(key)
      let raised = try connection.execute(
        """
        UPDATE refund_day SET is_alarmed = 1
        WHERE merchant = ? AND holder = ? AND day = ? AND is_alarmed = 0
        """, key)
      guard raised == 1 else { return }
      let alarm = Alarm.refundDayLimit
      try connection.record(
        JournalLine(
          merchant: payment.merchant, order: payment.order, outTradeNo: payment.outTradeNo,
          event: alarm.rawValue,
          detail: "\(alarm.sentence): \(limit.holder) may refund \(limit.amount) a day, and wanted"
            + " \(application.amount) more"), by: act)
    }
  }

  /// Raises an alarm about a payment, unless the same was raised before.
  package func raise(
    _ alarm: Alarm, of payment: PaymentAttempt, detail: String, by act: Act
  ) throws {
    try database.transaction(until: act.deadline) { connection in
      let line = JournalLine(
        merchant: payment.merchant, order: payment.order, outTradeNo: payment.outTradeNo,
        event: alarm.rawValue, detail: "\(alarm.sentence): \(detail)".fitting(512))
      if try !connection.holds(line) { try connection.record(line, by: act) }
    }
  }
}

extension MerchantName {
  fileprivate func dayKey(_ holder: String, _ now: BeijingTime) -> [Value] {
    let day = Int64(now.rfc3339.prefix(10).filter { $0 != "-" }) ?? 0
    return [.text(text), .text(holder), .integer(day)]
  }
}
