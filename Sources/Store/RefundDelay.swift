import Linux
import MariaDB
package import Payments

extension RefundWait {
  /// What a person has to do about it; `nil` when it passes by itself.
  fileprivate var remedy: String? {
    switch self {
    case .funds: "the merchant's balance is too small: top it up, then retry"
    case .configuration:
      "certificate, key or contract are not in order: mend them (weixinpay check), then retry"
    case .person: "WeChat refuses it again and again: read its remark, then retry or withdraw"
    case .spacing, .weChat, .pace: nil
    }
  }

  /// The name that is stored when it is a person's to mend.
  var held: String? { remedy == nil ? nil : rawValue }
}

extension Refund {
  /// What a person has to do about the wait; `nil` when it passes by itself, or has an alarm of its
  /// own (`refundAbnormal`, `refundOverlap`).
  fileprivate var remedy: String? {
    guard state.isUnderWay, wait != .person || isLeftToPerson else { return nil }
    return wait?.remedy
  }
}

extension Refunds {
  /// How long a refund may wait for what a person mends before that is an alarm.
  private static let delaySeconds: Int64 = 3600

  /// Raises the alarm that a refund has waited too long for what a person mends, once for each such
  /// reason.
  ///
  /// - Returns: in how many seconds it is to be raised; `nil` when it was, or when there is nothing
  ///   for a person to mend.
  /// - Throws: `RefundChanged`.
  package func raiseDelay(of refund: Refund, by act: Act) throws -> Int64? {
    try database.transaction(until: act.deadline) { connection in
      let refund = try connection.latest(refund)
      guard let remedy = refund.remedy, let since = try connection.heldSince(refund) else {
        return nil
      }
      let left = since + dueAfter(seconds: Self.delaySeconds) - act.now.microseconds
      guard left <= 0 else { return secondsUntilDue(microseconds: left) }
      let alarm = Alarm.refundDelayed
      let line = refund.line(alarm.rawValue, detail: "\(alarm.sentence): \(remedy)")
      guard try !connection.holds(line) else { return nil }
      // Whoever ends the waiting meanwhile comes first or sees the alarm, and ends it.
      let changed = try connection.execute(
        """
        UPDATE refund SET version = version + 1
        WHERE merchant = ? AND out_refund_no = ? AND version = ?
        """,
        [.text(refund.merchant.text), .text(refund.number.text), .integer(refund.version)])
      guard changed == 1 else { throw RefundChanged() }
      try connection.record(line, by: act)
      return nil
    }
  }
}

extension Connection {
  /// - Returns: `nil` unless it is held by what it waits for.
  fileprivate mutating func heldSince(_ refund: Refund) throws(MariaDBError) -> Int64? {
    try query(
      """
      SELECT held_since FROM refund
      WHERE merchant = ? AND out_refund_no = ? AND held_by = wait AND held_since IS NOT NULL
      """, [.text(refund.merchant.text), .text(refund.number.text)]
    ).first?.integer("held_since")
  }
}
