import MariaDB
public import Payments

/// What a verified proof of payment led to.
public enum PaidOutcome: Sendable, Equatable {
  /// The attempt is paid now; the alarms name what a person must still look at.
  case applied([Alarm])
  /// It was paid already, by the same transaction: nothing was changed.
  case duplicate
  /// The proof contradicts our records: no state was changed, the alarm is in the journal.
  case quarantined(Alarm)
}

/// A proof of payment together with the merchant whose key verified it.
public struct VerifiedProof: Sendable {
  public let proof: PaymentProof
  public let merchant: MerchantName
  public let appID: AppID
  public let merchantID: MerchantID

  public init(
    _ proof: PaymentProof, merchant: MerchantName, appID: AppID, merchantID: MerchantID
  ) {
    self.proof = proof
    self.merchant = merchant
    self.appID = appID
    self.merchantID = merchantID
  }

  /// What is wrong with the proof before any record is looked at.
  fileprivate var mismatch: Alarm? {
    if proof.appID != appID || proof.merchantID != merchantID { return .foreignMerchant }
    if proof.currency != "CNY" { return .currencyMismatch }
    return nil
  }
}

/// A settled proof and the journal lines that tell of it; they are written once the message that
/// proves it has its number.
struct Settlement {
  let outcome: PaidOutcome
  let lines: [JournalLine]
}

extension Connection {
  /// Marks the attempt paid if the proof agrees with everything we recorded about it.
  mutating func settle(_ verified: VerifiedProof) throws -> Settlement {
    let proof = verified.proof
    if let alarm = verified.mismatch {
      return .quarantined(verified, order: try order(of: verified) ?? proof.outTradeNo, alarm)
    }
    let open = PaymentState.before(.paid).filter { $0 != .paid }
    let changed = try executeUnlessTaken(
      """
      UPDATE payment SET previous_state = state, state = 'paid', transaction_id = ?, paid_at = ?
      WHERE merchant = ? AND out_trade_no = ? AND total_fee = ? AND openid = ?
        AND state IN (\(open.map { _ in "?" }.joined(separator: ", ")))
      """,
      [
        .text(proof.transactionID.text), .integer(proof.paidAt.microseconds),
        .text(verified.merchant.text), .text(proof.outTradeNo.text),
        .integer(proof.total.amount), .text(proof.openID.text),
      ] + open.map { .text($0.rawValue) })
    guard let changed else {
      // The transaction number is taken: WeChat would have reported one payment for two orders.
      let order = try order(of: verified) ?? proof.outTradeNo
      return .quarantined(verified, order: order, .transactionReused)
    }
    guard let row = try paidRow(of: verified) else {
      return .quarantined(verified, order: proof.outTradeNo, .unknownOrder)
    }
    guard changed == 1 else {
      guard let alarm = try row.contradiction(to: proof) else {
        return Settlement(outcome: .duplicate, lines: [])
      }
      return .quarantined(verified, order: row.order, alarm)
    }
    // Only one attempt of an order is ever open: of two that are paid, the other one came late, and
    // goes back by itself. If both did, the goods would go for nothing.
    if row.previous == .closed {
      try plan(.latePayment, verified.merchant, proof.outTradeNo.text, afterSeconds: 0)
    }
    return .applied(verified, row)
  }

  private mutating func order(of verified: VerifiedProof) throws -> OutTradeNo? {
    try paidRow(of: verified)?.order
  }

  private mutating func paidRow(of verified: VerifiedProof) throws -> PaidRow? {
    try query(
      """
      SELECT p.order_no, p.openid, p.total_fee, p.state, p.previous_state, p.transaction_id,
        EXISTS (SELECT 1 FROM payment q WHERE q.merchant = p.merchant AND q.order_no = p.order_no
          AND q.out_trade_no <> p.out_trade_no AND q.state = 'paid') AS other_paid
      FROM payment p WHERE p.merchant = ? AND p.out_trade_no = ?
      """, [.text(verified.merchant.text), .text(verified.proof.outTradeNo.text)]
    ).first.map { try PaidRow(Columns(table: "payment", row: $0)) }
  }
}

/// An attempt was changed while a proof was compared with it; the proof has to come again.
struct AttemptChanged: Error {}

/// An attempt as it is after the attempt to mark it paid.
private struct PaidRow {
  let order: OutTradeNo
  let openID: OpenID?
  let total: Fen
  let state: PaymentState
  let previous: PaymentState?
  let transactionID: TransactionID?
  let isOtherPaid: Bool

  init(_ columns: Columns) throws {
    order = try columns.value("order_no", OutTradeNo.init)
    openID = try columns.optional("openid", OpenID.init)
    total = try columns.payable("total_fee")
    state = try columns.value("state", PaymentState.init)
    previous = try columns.optional("previous_state", PaymentState.init)
    transactionID = try columns.optional("transaction_id", TransactionID.init)
    isOtherPaid = try columns.row.integer("other_paid") == 1
  }

  /// Why a proof did not change the row; `nil` when the row already says the same.
  ///
  /// - Throws: `AttemptChanged` when nothing in the row explains it.
  func contradiction(to proof: PaymentProof) throws -> Alarm? {
    if total != proof.total { return .amountMismatch }
    if openID != proof.openID { return .payerMismatch }
    // What is not paid contradicts no transaction: somebody mended the row since the UPDATE. WeChat
    // must not be told SUCCESS; its repetition pays.
    guard state == .paid else { throw AttemptChanged() }
    return transactionID == proof.transactionID ? nil : .transactionMismatch
  }
}

extension Settlement {
  fileprivate static func applied(_ verified: VerifiedProof, _ row: PaidRow) -> Settlement {
    let proof = verified.proof
    var alarms: [Alarm] = []
    if row.previous == .closed { alarms.append(.latePayment) }
    if row.isOtherPaid { alarms.append(.secondPayment) }
    let paid = JournalLine(
      merchant: verified.merchant, order: row.order, outTradeNo: proof.outTradeNo,
      event: PaymentEvent.paid.rawValue, from: row.previous?.rawValue,
      to: PaymentState.paid.rawValue,
      detail: "\(proof.total) paid at \(proof.paidAt.rfc3339), transaction \(proof.transactionID)",
      tells: .paid)
    return Settlement(
      outcome: .applied(alarms),
      lines: [paid] + alarms.map { verified.line($0, order: row.order) })
  }

  fileprivate static func quarantined(
    _ verified: VerifiedProof, order: OutTradeNo, _ alarm: Alarm
  ) -> Settlement {
    Settlement(outcome: .quarantined(alarm), lines: [verified.line(alarm, order: order)])
  }
}

extension VerifiedProof {
  fileprivate func line(_ alarm: Alarm, order: OutTradeNo) -> JournalLine {
    JournalLine(
      merchant: merchant, order: order, outTradeNo: proof.outTradeNo, event: alarm.rawValue,
      detail: "\(alarm.sentence); transaction \(proof.transactionID), \(proof.total)")
  }
}

extension Alarm {
  /// What a person should know and do.
  public var sentence: String {
    switch self {
    case .latePayment: "paid after it was closed: deliver the goods or refund"
    case .secondPayment: "a second attempt of the order was paid: refund one of them"
    case .amountChanged:
      "paid what it cost before its amount was changed: deliver, or refund and ask anew"
    case .amountMismatch: "WeChat reports another amount than the order's; not marked paid"
    case .currencyMismatch: "WeChat reports another currency than CNY; not marked paid"
    case .payerMismatch: "WeChat reports another payer; not marked paid"
    case .transactionMismatch: "WeChat reports another transaction for a paid order: look at both"
    case .transactionReused:
      "WeChat reports a transaction that paid another attempt; not marked paid"
    case .unknownOrder: "WeChat reports a payment of an order that is not known here"
    case .foreignMerchant: "signed with our key, but for another appid or merchant number"
    case .refundAbnormal:
      "the buyer's card takes no money: settle the refund on WeChat's merchant platform"
    case .refundOverlap:
      "a refund made by hand and the refunds reserved here exceed what was paid: withdraw or reject"
        + " what is superfluous"
    case .refundedElsewhere:
      "WeChat had refunded some of it before the payment was known here: look at the refunds before"
        + " the goods go out"
    case .refundMismatch: "WeChat reports another refund than the one that was recorded"
    case .refundNumberTaken:
      "another refund has the number of the one that sends late money back: look at both"
    case .refundUnreadable:
      "WeChat has a refund of this payment whose number cannot be read here: look at it there"
    case .refundDayLimit: "a token has refunded as much today as it may"
    }
  }
}

extension AttemptChanged: CustomStringConvertible {
  var description: String {
    "the payment attempt changed while a proof was compared with it; the proof has to come again"
  }
}
