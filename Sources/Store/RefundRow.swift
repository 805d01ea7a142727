import MariaDB
import Payments

/// The statements on rows of `refund` and on what they reserve in `payment`, each in the
/// transaction of whoever calls it.
extension Connection {
  /// WeChat's limits. Source: WeChat Pay APIv2, 申请退款, 注意.
  private static let maximumCount: Int64 = 50
  private static let maximumAgeSeconds: Int64 = 365 * 86_400

  /// A payment of this moment or before is too old.
  private static func oldest(at now: BeijingTime) -> Value {
    .integer(now.adding(seconds: -maximumAgeSeconds).microseconds)
  }

  /// Reserves an amount of a payment, if it fits.
  ///
  /// - Throws: `NotRefundable`.
  mutating func reserve(_ application: RefundApplication, at now: BeijingTime) throws {
    let amount = Value.integer(application.amount.amount)
    let changed = try execute(
      """
      UPDATE payment SET reserved_fee = reserved_fee + ?, refund_count = refund_count + 1
      WHERE merchant = ? AND out_trade_no = ? AND order_no = ? AND transaction_id = ?
        AND state = 'paid' AND reserved_fee + ? <= total_fee AND refund_count < ? AND paid_at > ?
      """,
      [amount] + application.paymentKey + [
        amount, .integer(Self.maximumCount), Self.oldest(at: now),
      ])
    guard changed == 1 else { throw try refusal(of: application, at: now) }
  }

  /// Why an amount was not reserved.
  mutating func refusal(
    of application: RefundApplication, at now: BeijingTime
  ) throws -> NotRefundable {
    let row = try query(
      """
      SELECT GREATEST(total_fee - reserved_fee, 0) AS available, refund_count,
        paid_at <= ? AS is_old
      FROM payment
      WHERE merchant = ? AND out_trade_no = ? AND order_no = ? AND transaction_id = ?
        AND state = 'paid'
      """, [Self.oldest(at: now)] + application.paymentKey
    ).first
    guard let row, let left = Fen(try row.integer("available")) else { return .notPaid }
    if try row.integer("is_old") == 1 { return .tooOld }
    if try row.integer("refund_count") >= Self.maximumCount { return .tooMany }
    return .exceeds(left: left)
  }

  /// Lets go of an amount that is certain not to be returned.
  ///
  /// - Parameter refunds: how many refunds less there are now among the 50 that WeChat allows.
  mutating func release(_ amount: Fen, of refund: Refund, refunds: Int64) throws {
    try execute(
      """
      UPDATE payment SET reserved_fee = reserved_fee - ?, refund_count = refund_count - ?
      WHERE merchant = ? AND out_trade_no = ?
      """,
      [
        .integer(amount.amount), .integer(refunds), .text(refund.merchant.text),
        .text(refund.outTradeNo.text),
      ])
  }

  /// Moves a refund to the state after an event, with its journal line and its money.
  ///
  /// - Parameters:
  ///   - assignments: further columns, each with `= ?`, and their values.
  ///   - difference: what of its amount it does not hold any more, although it goes on.
  /// - Returns: whether the state is another one now.
  /// - Throws: `RefundRefusal` when the state forbids the event; `RefundChanged` when the refund is
  ///   not the one that the caller has seen.
  @discardableResult mutating func move(
    _ refund: Refund, _ event: RefundEvent, assigning assignments: [String] = [],
    _ values: [Value] = [], releasing difference: Fen = .zero, detail: String, by act: Act
  ) throws -> Bool {
    let to = try refund.state.after(event)
    let columns = (["state = ?", "version = version + 1"] + assignments).joined(separator: ", ")
    let changed = try execute(
      """
      UPDATE refund SET \(columns)
      WHERE merchant = ? AND out_refund_no = ? AND version = ? AND state = ? AND refund_fee = ?
      """,
      [.text(to.rawValue)] + values + [
        .text(refund.merchant.text), .text(refund.number.text), .integer(refund.version),
        .text(refund.state.rawValue), .integer(refund.amount.amount),
      ])
    guard changed == 1 else { throw RefundChanged() }
    // Before the event is numbered: whoever reserves takes the payment's row first, too.
    if difference > .zero { try release(difference, of: refund, refunds: 0) }
    if refund.state.holdsAmount, !to.holdsAmount {
      // WeChat counts a refund that it has closed.
      try release(refund.amount, of: refund, refunds: to == .closed ? 0 : 1)
      try execute(
        """
        UPDATE refund SET request_key = \(RequestKey.afterFailure)
        WHERE merchant = ? AND out_refund_no = ?
        """, [.text(refund.merchant.text), .text(refund.number.text)])
    }
    if to != refund.state || event == .sent {
      try record(refund.line(event, from: refund.state, detail: detail), by: act)
    }
    return to != refund.state
  }
}

extension RefundApplication {
  /// The payment as the application describes it; another order or transaction is not found.
  fileprivate var paymentKey: [Value] {
    [
      .text(payment.merchant.text), .text(payment.outTradeNo.text), .text(payment.order.text),
      Value(payment.transactionID?.text),
    ]
  }
}

/// The refund was changed since it was read: whoever wanted to change it has to look again.
public struct RefundChanged: Error, Sendable {}

extension Refund {
  static let selection = """
    SELECT merchant, out_refund_no, order_no, out_trade_no, transaction_id, total_fee, applied_fee,
      refund_fee, kind, state, reason, review_reason, wait, remark, parameters, sends, unanswered,
      refund_id, applied_at, succeeded_at, version,
      (SELECT p.openid FROM payment p WHERE p.merchant = refund.merchant
        AND p.out_trade_no = refund.out_trade_no) AS payer
    FROM refund
    """

  init(_ columns: Columns) throws {
    guard let appliedAt = try columns.time("applied_at") else {
      throw columns.unusable("applied_at")
    }
    self.init(
      merchant: try columns.value("merchant", MerchantName.init),
      number: try columns.value("out_refund_no", OutRefundNo.init),
      order: try columns.value("order_no", OutTradeNo.init),
      outTradeNo: try columns.value("out_trade_no", OutTradeNo.init),
      transactionID: try columns.value("transaction_id", TransactionID.init),
      payer: try columns.optional("payer", OpenID.init),
      total: try columns.payable("total_fee"), appliedAmount: try columns.payable("applied_fee"),
      amount: try columns.payable("refund_fee"),
      kind: try columns.value("kind", RefundKind.init),
      state: try columns.value("state", RefundState.init),
      reason: try columns.row.text("reason"),
      reviewReason: try columns.row.optionalText("review_reason"),
      wait: try columns.optional("wait", RefundWait.init),
      remark: try columns.row.optionalText("remark"),
      parameters: try columns.row.optionalText("parameters"),
      sends: Int(try columns.row.integer("sends")),
      isUnanswered: try columns.row.integer("unanswered") == 1,
      refundID: try columns.optional("refund_id", RefundID.init), appliedAt: appliedAt,
      succeededAt: try columns.time("succeeded_at"), version: try columns.row.integer("version"))
  }

  func line(
    _ event: RefundEvent, from: RefundState, detail: String
  ) -> JournalLine {
    line(event.rawValue, from: from, to: try? from.after(event), detail: detail)
  }

  func line(
    _ event: String, from: RefundState? = nil, to: RefundState? = nil, detail: String
  ) -> JournalLine {
    JournalLine(
      merchant: merchant, order: order, outTradeNo: outTradeNo, refund: number, event: event,
      from: from?.rawValue, to: to?.rawValue, detail: detail.fitting(512),
      tells: to == from ? nil : to.flatMap(ShopEvent.init))
  }
}
