import MariaDB
package import Payments

/// What a verified proof of payment led to.
package enum PaidOutcome: Sendable, Equatable {
  /// The attempt is paid now; the alarms name what a person must still look at.
  case applied([Alarm])
  /// It was paid already, by the same transaction: nothing was changed.
  case duplicate
  /// The proof contradicts our records: no state was changed, the alarm is in the journal.
  case quarantined(Alarm)
}

/// A proof of payment together with the merchant whose key verified it.
package struct VerifiedProof: Sendable {
  package let proof: PaymentProof
  package let merchant: MerchantName
  package let appID: AppID
  package let merchantID: MerchantID
  /// Whether WeChat says that some of it was given back (转入退款).
  var isRefunded = false

  package init(
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
  /// Of a payment that is applied: how many events its order had when its other attempts were read.
  var eventsBefore: Int64?
}

extension Connection {
  /// Marks an attempt paid if the proof agrees with what was recorded when it was opened, or with
  /// what the shop wants to be paid under that number.
  ///
  /// - Throws: `AttemptChanged` when the transaction has to run again.
  mutating func settle(_ verified: VerifiedProof, by act: Act) throws -> Settlement {
    let proof = verified.proof
    if let alarm = verified.mismatch {
      let order = try paidRow(of: verified)?.order ?? proof.outTradeNo
      return .quarantined(verified, order: order, alarm)
    }
    let isPaidNow = try pay(verified, isOfOurs: true)
    let row = try paidRow(of: verified)
    let wish = try shopWish(verified.merchant, row?.order ?? proof.outTradeNo)
    switch (isPaidNow, row) {
    case (nil, _):
      // The transaction number is taken: WeChat would have reported one payment for two orders.
      return .quarantined(verified, order: row?.order ?? proof.outTradeNo, .transactionReused)
    case (true?, let row?): return try applied(verified, row, wish)
    case (true?, nil): throw AttemptChanged()
    case (false?, let row?): return try settle(verified, differing: row, wish)
    case (false?, nil): return try settle(verified, unopened: wish, by: act)
    }
  }

  /// Of an attempt that was not moved: paid before, or opened with other words than the proof's.
  private mutating func settle(
    _ verified: VerifiedProof, differing row: PaidRow, _ wish: ShopWish?
  ) throws -> Settlement {
    guard let alarm = try row.contradiction(to: verified.proof) else {
      return Settlement(outcome: .duplicate, lines: [])
    }
    // The order's own number, which another program may have sent to WeChat before us: what the
    // shop wants to be paid decides. What WeChat has accepted from us, it must report as accepted.
    guard row.state != .paid, !row.isAccepted, row.order == verified.proof.outTradeNo,
      wish?.contradiction(to: verified.proof) == nil, wish != nil
    else { return .quarantined(verified, order: row.order, alarm) }
    switch try pay(verified, isOfOurs: false) {
    case nil: return .quarantined(verified, order: row.order, .transactionReused)
    case false?: throw AttemptChanged()
    case true?:
      guard let paid = try paidRow(of: verified) else { throw AttemptChanged() }
      return try applied(verified, paid, wish)
    }
  }

  /// Of a number that this gateway never sent: another program did, for an order of the shop's.
  private mutating func settle(
    _ verified: VerifiedProof, unopened wish: ShopWish?, by act: Act
  ) throws -> Settlement {
    let proof = verified.proof
    guard let wish else { return .quarantined(verified, order: proof.outTradeNo, .unknownOrder) }
    if let alarm = wish.contradiction(to: proof) {
      return .quarantined(verified, order: proof.outTradeNo, alarm)
    }
    let inserted = try executeUnlessTaken(
      """
      INSERT INTO payment (merchant, out_trade_no, order_no, attempt, state, openid, total_fee,
        parameters, transaction_id, paid_at, created_at)
      VALUES (?, ?, ?, 1, 'paid', ?, ?, '', ?, ?, ?)
      """,
      [
        .text(verified.merchant.text), .text(proof.outTradeNo.text), .text(proof.outTradeNo.text),
        .text(proof.openID.text), .integer(proof.total.amount), .text(proof.transactionID.text),
        .integer(proof.paidAt.microseconds), .integer(act.now.microseconds),
      ])
    guard inserted == nil else {
      guard let row = try paidRow(of: verified) else { throw AttemptChanged() }
      return try applied(verified, row, wish)
    }
    let isReused = try !query(
      "SELECT 1 FROM payment WHERE merchant = ? AND transaction_id = ? AND out_trade_no <> ?",
      [
        .text(verified.merchant.text), .text(proof.transactionID.text),
        .text(proof.outTradeNo.text),
      ]
    ).isEmpty
    // Else another copy of the message was faster, or a buyer who asked to pay.
    guard isReused else { throw AttemptChanged() }
    return .quarantined(verified, order: proof.outTradeNo, .transactionReused)
  }

  /// - Parameter isOfOurs: whether the attempt must have been opened with the proof's amount and
  ///   payer; else it takes them over, unless WeChat has accepted the ones it was opened with.
  /// - Returns: `nil` when the transaction has paid another attempt.
  private mutating func pay(_ verified: VerifiedProof, isOfOurs: Bool) throws -> Bool? {
    let proof = verified.proof
    let open = PaymentState.before(.paid).filter { $0 != .paid }
    let terms = isOfOurs ? "AND total_fee = ? AND openid = ?" : "AND prepay_id IS NULL"
    let content: [Value] = [.integer(proof.total.amount), .text(proof.openID.text)]
    return try executeUnlessTaken(
      """
      UPDATE payment SET previous_state = state, state = 'paid', transaction_id = ?, paid_at = ?,
        total_fee = ?, openid = ?
      WHERE merchant = ? AND out_trade_no = ? \(terms)
        AND state IN (\(open.map { _ in "?" }.joined(separator: ", ")))
      """,
      [.text(proof.transactionID.text), .integer(proof.paidAt.microseconds)] + content
        + [.text(verified.merchant.text), .text(proof.outTradeNo.text)]
        + (isOfOurs ? content : []) + open.map { .text($0.rawValue) }
    ).map { $0 == 1 }
  }

  private mutating func paidRow(of verified: VerifiedProof) throws -> PaidRow? {
    try query(
      """
      SELECT p.order_no, p.openid, p.total_fee, p.state, p.previous_state, p.transaction_id,
        p.prepay_id IS NOT NULL AS accepted
      FROM payment p WHERE p.merchant = ? AND p.out_trade_no = ?
      """, [.text(verified.merchant.text), .text(verified.proof.outTradeNo.text)]
    ).first.map { try PaidRow(Columns(table: "payment", row: $0)) }
  }

  /// - Returns: `nil` when the shop's row is gone.
  private mutating func shopWish(
    _ merchant: MerchantName, _ number: OutTradeNo
  ) throws -> ShopWish? {
    try shopRow(merchant, number).map { ShopWish(Columns(table: "shop_order", row: $0)) }
  }

  private mutating func applied(
    _ verified: VerifiedProof, _ row: PaidRow, _ wish: ShopWish?
  ) throws -> Settlement {
    // Only one attempt of an order is ever open: of two that are paid, the other one came late, and
    // goes back by itself. If both did, the goods would go for nothing.
    if row.previous == .closed {
      try plan(.latePayment, verified.merchant, verified.proof.outTradeNo.text, afterSeconds: 0)
    }
    // In this order: `record` finds out whether another attempt was paid in between.
    let events = try eventCount(verified.merchant, row.order)
    let isSecond = try isPaid(row.order, apartFrom: verified)
    var settlement = Settlement.applied(verified, row, wish, isSecond: isSecond)
    settlement.eventsBefore = events
    return settlement
  }

  private mutating func isPaid(
    _ order: OutTradeNo, apartFrom verified: VerifiedProof
  ) throws(MariaDBError) -> Bool {
    try !query(
      """
      SELECT 1 FROM payment
      WHERE merchant = ? AND order_no = ? AND out_trade_no <> ? AND state = 'paid' LIMIT 1
      """,
      [
        .text(verified.merchant.text), .text(order.text), .text(verified.proof.outTradeNo.text),
      ]
    ).isEmpty
  }

  /// Writes the lines of a settlement.
  ///
  /// Of two attempts of an order that are paid in the same moment neither transaction sees the
  /// other's. Both tell the shop, and of the numbers of the order's events each is given once: whose
  /// payment got another number than the next one has to look again.
  ///
  /// - Parameter message: the number of the stored message that proves it; `nil` for an orderquery.
  /// - Throws: `AttemptChanged` when the transaction has to run again.
  mutating func record(_ settlement: Settlement, message: Int64?, by act: Act) throws {
    let isApplied = settlement.outcome.isApplied
    for var line in settlement.lines {
      // The journal tells of a contradiction once, however often and in whatever form it comes.
      if !isApplied, try holds(line) { continue }
      line.notificationID = message
      try record(line, by: act)
    }
    guard let before = settlement.eventsBefore, let paid = settlement.lines.first else { return }
    guard try eventCount(paid.merchant, paid.order) == before + 1 else { throw AttemptChanged() }
  }
}

/// What a proof was compared with was changed in the same moment: it has to be compared again.
struct AttemptChanged: Error {}

/// What the shop wants to be paid at the moment of the payment.
private struct ShopWish {
  /// `nil` when it cannot be understood.
  let total: Fen?
  private let payer: Result<OpenID?, any Error>

  init(_ columns: Columns) {
    total = try? columns.payable("total_fee")
    payer = Result { try columns.openID("openid") }
  }

  func contradiction(to proof: PaymentProof) -> Alarm? {
    guard total == proof.total else { return .amountMismatch }
    guard case .success(let payer) = payer, payer == nil || payer == proof.openID else {
      return .payerMismatch
    }
    return nil
  }
}

/// An attempt as it is after the attempt to mark it paid.
private struct PaidRow {
  let order: OutTradeNo
  let openID: OpenID?
  let total: Fen
  let state: PaymentState
  let previous: PaymentState?
  let transactionID: TransactionID?
  /// Whether WeChat has ever accepted it as we sent it.
  let isAccepted: Bool

  init(_ columns: Columns) throws {
    order = try columns.value("order_no", OutTradeNo.init)
    openID = try columns.optional("openid", OpenID.init)
    total = try columns.payable("total_fee")
    state = try columns.value("state", PaymentState.init)
    previous = try columns.optional("previous_state", PaymentState.init)
    transactionID = try columns.optional("transaction_id", TransactionID.init)
    isAccepted = try columns.row.integer("accepted") == 1
  }

  /// Why a proof did not change the row; `nil` when the row already says the same.
  ///
  /// - Throws: `AttemptChanged` when nothing in the row explains it.
  func contradiction(to proof: PaymentProof) throws -> Alarm? {
    if total != proof.total { return .amountMismatch }
    if openID != proof.openID { return .payerMismatch }
    // What is not paid contradicts no transaction: the row was mended since the UPDATE.
    guard state == .paid else { throw AttemptChanged() }
    return transactionID == proof.transactionID ? nil : .transactionMismatch
  }
}

extension Settlement {
  fileprivate static func applied(
    _ verified: VerifiedProof, _ row: PaidRow, _ wish: ShopWish?, isSecond: Bool
  ) -> Settlement {
    let proof = verified.proof
    var alarms: [Alarm] = []
    if row.previous == .closed { alarms.append(.latePayment) }
    if isSecond { alarms.append(.secondPayment) }
    if verified.isRefunded { alarms.append(.refundedElsewhere) }
    switch wish {
    case nil: alarms.append(.orderVanished)
    case let wish? where wish.total != proof.total: alarms.append(.amountChanged)
    case _?: break
    }
    let paid = JournalLine(
      merchant: verified.merchant, order: row.order, outTradeNo: proof.outTradeNo,
      event: PaymentEvent.paid.rawValue, from: row.previous?.rawValue,
      to: PaymentState.paid.rawValue,
      detail: "\(proof.total) paid at \(proof.paidAt.rfc3339), transaction \(proof.transactionID)",
      tells: alarms.contains(.amountChanged) ? .paidOtherAmount : .paid, orderTotal: wish?.total,
      alarms: alarms)
    return Settlement(
      outcome: .applied(alarms),
      lines: [paid] + alarms.map { verified.line($0, order: row.order, costs: wish?.total) })
  }

  fileprivate static func quarantined(
    _ verified: VerifiedProof, order: OutTradeNo, _ alarm: Alarm
  ) -> Settlement {
    Settlement(outcome: .quarantined(alarm), lines: [verified.line(alarm, order: order)])
  }
}

extension VerifiedProof {
  fileprivate func line(
    _ alarm: Alarm, order: OutTradeNo, costs total: Fen? = nil
  ) -> JournalLine {
    let price = alarm == .amountChanged ? ", the order costs \(total?.description ?? "?")" : ""
    return JournalLine(
      merchant: merchant, order: order, outTradeNo: proof.outTradeNo, event: alarm.rawValue,
      detail: "\(alarm.sentence); transaction \(proof.transactionID), \(proof.total)\(price)")
  }
}

extension Alarm {
  /// What a person should know and do.
  package var sentence: String {
    switch self {
    case .latePayment: "paid after it was closed: deliver the goods or refund"
    case .secondPayment: "a second attempt of the order was paid: refund one of them"
    case .amountChanged:
      "paid is another amount than the order costs now: deliver, or refund and ask anew"
    case .orderVanished:
      "paid, but the shop's row of the order is gone: look for it, then deliver or refund"
    case .amountMismatch: "WeChat reports another amount than the order's; not marked paid"
    case .currencyMismatch: "WeChat reports another currency than CNY; not marked paid"
    case .payerMismatch: "WeChat reports another payer; not marked paid"
    case .transactionMismatch: "WeChat reports another transaction for a paid order: look at both"
    case .transactionReused:
      "WeChat reports a transaction that paid another attempt; not marked paid"
    case .unknownOrder: "WeChat reports a payment of an order that is not known here"
    case .foreignMerchant: "signed with our key, but for another appid or merchant number"
    case .placedElsewhere:
      "placed under another appid or mch_id than the merchant has now: WeChat is not asked about it,"
        + " and refunds wait; give the entry its old numbers back, or settle it on the merchant platform"
    case .refundAbnormal:
      "the buyer's card takes no money: settle the refund on WeChat's merchant platform"
    case .refundOverlap:
      "a refund made by hand and the refunds reserved here exceed what was paid: withdraw or reject"
        + " what is superfluous"
    case .refundedElsewhere:
      "WeChat had refunded some of it before the payment was known here: look at the refunds before"
        + " the goods go out"
    case .refundDelayed: "the refund has waited for an hour and does not go on by itself"
    case .refundMismatch: "WeChat reports another refund than the one that was recorded"
    case .refundNumberTaken:
      "another refund has the number of the one that sends late money back: look at both"
    case .refundUnreadable:
      "WeChat has a refund of this payment that cannot be one here: look at it there"
    case .refundDayLimit: "a token has refunded as much today as it may"
    }
  }
}

extension AttemptChanged: CustomStringConvertible {
  var description: String {
    "the payment attempt changed while a proof was compared with it; the proof has to come again"
  }
}
