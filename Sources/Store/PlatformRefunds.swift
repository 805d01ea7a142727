import MariaDB
package import Payments

extension Refunds {
  /// Records a refund that somebody made elsewhere, as a verified refundquery reports it: by hand on
  /// WeChat's merchant platform, or with the script that this gateway replaces.
  ///
  /// Its money is gone or going whatever we think of it, so that it is reserved without a question.
  /// When too much is reserved then, nothing more is sent, and an alarm asks a person to withdraw
  /// what is superfluous.
  /// - Parameter isLast: whether WeChat's list ends with it; else the shop is told of none of the
  ///   order's events yet, for some seconds.
  /// - Returns: `false` when the refund was known already.
  package func recordElsewhere(
    _ news: RefundNews, number: OutRefundNo, of payment: PaymentAttempt, isLast: Bool = true,
    by act: Act
  ) throws -> Bool {
    try database.transaction(until: act.deadline) { connection in
      guard let transactionID = payment.transactionID, news.amount <= payment.total else {
        throw NotRefundable.notPaid
      }
      let state = try RefundState.sending.after(news.event)
      let inserted = try connection.executeUnlessTaken(
        """
        INSERT INTO refund (merchant, out_refund_no, order_no, out_trade_no, transaction_id,
          total_fee, applied_fee, refund_fee, kind, state, reason, wait, refund_id, applied_at,
          succeeded_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          .text(payment.merchant.text), .text(number.text), .text(payment.order.text),
          .text(payment.outTradeNo.text), .text(transactionID.text),
          .integer(payment.total.amount), .integer(news.amount.amount),
          .integer(news.amount.amount), .text(RefundKind.platform.rawValue),
          .text(state.rawValue), .text("made on WeChat's merchant platform"),
          Value(state == .abnormal ? RefundWait.person.rawValue : nil),
          .text(news.refundID.text), .integer(act.now.microseconds),
          Value(news.succeededAt?.microseconds),
        ])
      guard inserted != nil else { return false }
      guard let refund = try connection.refund(payment.merchant, number) else {
        throw RefundChanged()
      }
      // Before the event is numbered, as everybody takes the two.
      try connection.reserveMade(refund)
      try connection.record(
        refund.line(
          "found", to: state,
          detail: "\(refund.amount) refunded elsewhere, refund_id \(news.refundID)"
        ), by: act)
      if !isLast {
        try connection.postponeDelivery(refund.merchant, refund.order, seconds: arrivalSeconds)
      }
      try connection.alarmOverlap(refund, by: act)
      if state.isUnderWay {
        try connection.plan(.refund, refund.merchant, refund.number.text, afterSeconds: 0)
      }
      return true
    }
  }
}

extension Connection {
  fileprivate mutating func reserveMade(_ refund: Refund) throws {
    try execute(
      """
      UPDATE payment SET refund_count = refund_count + 1, reserved_fee = reserved_fee + ?
      WHERE merchant = ? AND out_trade_no = ?
      """,
      [
        .integer(refund.state.holdsAmount ? refund.amount.amount : 0), .text(refund.merchant.text),
        .text(refund.outTradeNo.text),
      ])
  }

  fileprivate mutating func alarmOverlap(_ refund: Refund, by act: Act) throws {
    let isOverlap = try !query(
      """
      SELECT 1 FROM payment WHERE merchant = ? AND out_trade_no = ? AND reserved_fee > total_fee
      """, [.text(refund.merchant.text), .text(refund.outTradeNo.text)]
    ).isEmpty
    guard isOverlap else { return }
    try record(
      refund.line(Alarm.refundOverlap.rawValue, detail: Alarm.refundOverlap.sentence), by: act)
  }
}
