import Linux
import MariaDB
package import Payments

extension Notifications {
  /// What a refund notification is about. It proves nothing: it makes us ask.
  package struct Hint: Sendable {
    package let merchant: MerchantName
    package let outTradeNo: OutTradeNo
    package let transactionID: TransactionID
    /// `nil` when no refund of ours can have the number.
    package let outRefundNo: OutRefundNo?
    package let total: Fen
    package let amount: Fen
    /// Byte for byte as WeChat sent it.
    package let body: [UInt8]
    /// What it says, decrypted: anybody can wrap it anew.
    package let content: [UInt8]

    package init(
      merchant: MerchantName, outTradeNo: OutTradeNo, transactionID: TransactionID,
      outRefundNo: OutRefundNo?, total: Fen, amount: Fen, body: [UInt8], content: [UInt8]? = nil
    ) {
      self.merchant = merchant
      self.outTradeNo = outTradeNo
      self.transactionID = transactionID
      self.outRefundNo = outRefundNo
      self.total = total
      self.amount = amount
      self.body = body
      self.content = content ?? body
    }
  }

  /// Stores a refund notification and makes it due to ask WeChat: about the refund, or, when it is
  /// none of ours, about all refunds of the payment.
  ///
  /// Only a message that was not there before makes anything due, and one a minute at most makes it
  /// due at once: repeated messages cannot make us call WeChat.
  /// - Returns: `false`, with nothing changed, when it does not agree with our records.
  package func record(_ hint: Hint, by act: Act) throws -> Bool {
    try database.transaction(until: act.deadline) { connection in
      guard let (kind, subject) = try connection.duty(after: hint) else { return false }
      let stored = try connection.store(
        StoredMessage(
          merchant: hint.merchant, outTradeNo: hint.outTradeNo, transactionID: hint.transactionID,
          refundNumber: hint.storedNumber, outcome: "applied", reason: nil, body: hint.body,
          content: hint.content), by: act)
      if stored.isNew {
        let isRepeated = try connection.hasHint(like: hint, beside: stored.id, at: act.now)
        try connection.plan(
          kind, hint.merchant, subject, afterSeconds: isRepeated ? Self.hintSeconds : 0)
      }
      crashPoint("N2")
      return true
    }
  }
}

extension Notifications.Hint {
  /// Never nothing, by which the message of a payment is known.
  fileprivate var storedNumber: String { outRefundNo?.text ?? "?" }
}

extension Notifications {
  /// How long further hints about a refund wait for their turn.
  fileprivate static let hintSeconds: Int64 = 60
}

extension Connection {
  /// Whether another hint about the same refund came within the last minute.
  fileprivate mutating func hasHint(
    like hint: Notifications.Hint, beside id: Int64, at now: BeijingTime
  ) throws(MariaDBError) -> Bool {
    try !query(
      """
      SELECT 1 FROM notification WHERE merchant = ? AND out_trade_no = ? AND out_refund_no = ?
        AND id <> ? AND received_at > ? LIMIT 1
      """,
      [
        .text(hint.merchant.text), .text(hint.outTradeNo.text), .text(hint.storedNumber),
        .integer(id), .integer(now.adding(seconds: -60).microseconds),
      ]
    ).isEmpty
  }

  /// What there is to do after a refund notification; `nil` when it does not agree with our records.
  fileprivate mutating func duty(after hint: Notifications.Hint) throws -> (
    DutyKind, subject: String
  )? {
    if let number = hint.outRefundNo, let refund = try refund(hint.merchant, number) {
      return refund.outTradeNo == hint.outTradeNo && refund.transactionID == hint.transactionID
        && refund.total == hint.total && refund.amount == hint.amount
        ? (.refund, number.text) : nil
    }
    let isOfOurs = try !query(
      """
      SELECT 1 FROM payment WHERE merchant = ? AND out_trade_no = ? AND transaction_id = ?
        AND state = 'paid' AND total_fee = ?
      """,
      [
        .text(hint.merchant.text), .text(hint.outTradeNo.text), .text(hint.transactionID.text),
        .integer(hint.total.amount),
      ]
    ).isEmpty
    return isOfOurs ? (.platformRefunds, hint.outTradeNo.text) : nil
  }
}
