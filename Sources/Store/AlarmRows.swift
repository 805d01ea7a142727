import MariaDB
import OpenSSL
import Payments

extension JournalLine {
  /// What a person must look at because of this line.
  var alarm: Alarm? {
    if let alarm = Alarm(rawValue: event) { return alarm }
    return refund != nil && to == RefundState.abnormal.rawValue ? .refundAbnormal : nil
  }

  /// What tells the same contradiction from all others of its order.
  ///
  /// `sql/014-alarm.sql` computes it in the same way.
  fileprivate func digest(_ alarm: Alarm) -> Value {
    let identity = [alarm.rawValue, outTradeNo?.text ?? "", refund?.text ?? "", storedDetail]
    return .bytes(sha256(Array(identity.joined(separator: "\n").utf8)))
  }

  /// Whether it may have freed what refunds had reserved beyond the payment.
  fileprivate var mayEndOverlap: Bool {
    guard refund != nil, from != nil, let to = to.flatMap(RefundState.init(rawValue:)) else {
      return false
    }
    switch to {
    // Approved: for less than was applied for, perhaps.
    case .approved, .rejected, .withdrawn, .refused, .closed: return true
    case .applied, .awaitingGoods, .sending, .processing, .succeeded, .abnormal: return false
    }
  }
}

extension JournalLine {
  /// Whether a refund that was under way has got further than to be sent once more.
  fileprivate var endsDelay: Bool {
    guard refund != nil, to != from, let from = from.flatMap(RefundState.init(rawValue:)),
      let to = to.flatMap(RefundState.init(rawValue:))
    else { return false }
    return from.isUnderWay && to != .sending
  }
}

/// The statements on rows of `alarm`, each in the transaction of the journal line that causes it.
extension Connection {
  /// Whether the alarm of a line was raised before, open or resolved.
  mutating func holds(_ alarm: Alarm, _ line: JournalLine) throws(MariaDBError) -> Bool {
    try !query(
      "SELECT 1 FROM alarm WHERE merchant = ? AND order_no = ? AND digest = ?",
      [.text(line.merchant.text), .text(line.order.text), line.digest(alarm)]
    ).isEmpty
  }

  /// Raises the alarm of a line, if it has one, and ends those that are over with it.
  mutating func updateAlarms(after line: JournalLine, by act: Act) throws(MariaDBError) {
    if let alarm = line.alarm { try raise(alarm, line, by: act) }
    if line.endsDelay { try endDelay(line, note: "the refund is \(line.to ?? "over")", by: act) }
    if let refund = line.refund, line.from == RefundState.abnormal.rawValue, line.to != line.from {
      try end(
        .refundAbnormal, of: line, where: "out_refund_no = ?", [.text(refund.text)],
        note: "the refund is \(line.to ?? "over")", by: act)
    }
    if line.mayEndOverlap {
      try end(
        .refundOverlap, of: line,
        where: """
          EXISTS (SELECT 1 FROM payment p WHERE p.merchant = alarm.merchant
            AND p.out_trade_no = alarm.out_trade_no AND p.reserved_fee <= p.total_fee)
          """, note: "what is reserved fits the payment again", by: act)
    }
  }

  /// One row for each contradiction; one that was resolved, and happens again, is open again.
  private mutating func raise(
    _ alarm: Alarm, _ line: JournalLine, by act: Act
  ) throws(MariaDBError) {
    try execute(
      """
      INSERT INTO alarm (merchant, order_no, out_trade_no, out_refund_no, kind, detail, digest,
        raised_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON DUPLICATE KEY UPDATE
        raised_at = IF(resolved_at IS NULL, raised_at, VALUES(raised_at)),
        resolved_at = NULL, resolved_by = NULL, note = NULL
      """,
      [
        .text(line.merchant.text), .text(line.order.text), Value(line.outTradeNo?.text),
        Value(line.refund?.text), .text(alarm.rawValue), .text(line.storedDetail),
        line.digest(alarm), .integer(act.now.microseconds),
      ])
  }

  /// Ends the alarm that a refund has waited too long.
  mutating func endDelay(_ line: JournalLine, note: String, by act: Act) throws(MariaDBError) {
    guard let refund = line.refund else { return }
    // Looked for first: hardly a refund has one, and who writes locks.
    let isRaised = try !query(
      """
      SELECT 1 FROM alarm FORCE INDEX (raised_once)
      WHERE merchant = ? AND order_no = ? AND kind = ? AND out_refund_no = ?
        AND resolved_at IS NULL
      """,
      [
        .text(line.merchant.text), .text(line.order.text), .text(Alarm.refundDelayed.rawValue),
        .text(refund.text),
      ]
    ).isEmpty
    guard isRaised else { return }
    try end(
      .refundDelayed, of: line, where: "out_refund_no = ?", [.text(refund.text)], note: note,
      by: act)
  }

  private mutating func end(
    _ alarm: Alarm, of line: JournalLine, where condition: String, _ values: [Value] = [],
    note: String, by act: Act
  ) throws(MariaDBError) {
    try execute(
      """
      UPDATE alarm SET resolved_at = ?, resolved_by = ?, note = ?
      WHERE merchant = ? AND order_no = ? AND kind = ? AND resolved_at IS NULL AND \(condition)
      """,
      [
        .integer(act.now.microseconds), .text(act.actor), .text(note), .text(line.merchant.text),
        .text(line.order.text), .text(alarm.rawValue),
      ] + values)
  }
}
