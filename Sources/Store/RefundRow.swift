import Linux
import MariaDB
import Payments

/// The statements on rows of `refund` and on what they reserve in `payment`, each in the
/// transaction of whoever calls it.
extension Connection {
  /// WeChat's limits. Source: WeChat Pay APIv2, 申请退款, 注意.
  private static let maximumCount: Int64 = 50
  private static let maximumAgeSeconds: Int64 = 365 * 86_400
  /// How often the buyer of a payment may apply: so often at all, so often without a pause, and
  /// after that so many seconds apart. Lists and tables must not grow at one buyer's wish.
  private static let maximumApplications: Int64 = 10
  private static let quickApplications: Int64 = 5
  private static let applicationSpacingSeconds: Int64 = 60

  /// A payment of this moment or before is too old.
  private static func oldest(at now: BeijingTime) -> Value {
    .integer(now.adding(seconds: -maximumAgeSeconds).microseconds)
  }

  /// Reserves an amount of a payment, if it fits.
  ///
  /// - Throws: `NotRefundable`.
  mutating func reserve(_ application: RefundApplication, at now: BeijingTime) throws {
    let amount = Value.integer(application.amount.amount)
    let (counting, bound, limits) = Self.bound(on: application)
    let changed = try execute(
      """
      UPDATE payment SET reserved_fee = reserved_fee + ?, \(counting)
      WHERE merchant = ? AND out_trade_no = ? AND order_no = ? AND transaction_id = ?
        AND state = 'paid' AND reserved_fee + ? <= total_fee AND paid_at > ? AND \(bound)
      """,
      [amount] + application.paymentKey + [amount, Self.oldest(at: now)] + limits)
    guard changed == 1 else { throw try refusal(of: application, at: now) }
  }

  /// What counts an application, and as what: WeChat's 50 are of refunds that go to it, the buyer's
  /// are of wishes, ended ones included.
  private static func bound(
    on application: RefundApplication
  ) -> (counting: String, condition: String, limits: [Value]) {
    if application.state.isCounted {
      return ("refund_count = refund_count + 1", "refund_count < ?", [.integer(maximumCount)])
    }
    guard application.isByBuyer else { return ("refund_count = refund_count", "TRUE", []) }
    return (
      "application_count = application_count + 1, applied_at = \(databaseNow)",
      "application_count < ? AND (application_count < ? OR applied_at <= \(databaseNow) - ?)",
      [
        .integer(maximumApplications), .integer(quickApplications),
        .integer(dueAfter(seconds: applicationSpacingSeconds)),
      ]
    )
  }

  /// Why an amount was not reserved.
  mutating func refusal(
    of application: RefundApplication, at now: BeijingTime
  ) throws -> NotRefundable {
    let row = try query(
      """
      SELECT GREATEST(total_fee - reserved_fee, 0) AS available, refund_count,
        application_count, paid_at <= ? AS is_old
      FROM payment
      WHERE merchant = ? AND out_trade_no = ? AND order_no = ? AND transaction_id = ?
        AND state = 'paid'
      """, [Self.oldest(at: now)] + application.paymentKey
    ).first
    guard let row, let left = Fen(try row.integer("available")) else { return .notPaid }
    if try row.integer("is_old") == 1 { return .tooOld }
    if left < application.amount { return .exceeds(left: left) }
    if application.state.isCounted {
      return try row.integer("refund_count") >= Self.maximumCount ? .tooMany : .exceeds(left: left)
    }
    return try row.integer("application_count") >= Self.maximumApplications
      ? .tooManyApplications : .tooFast
  }

  /// Lets go of an amount that is certain not to be returned.
  ///
  private mutating func release(_ amount: Fen, of refund: Refund) throws {
    try execute(
      """
      UPDATE payment SET reserved_fee = reserved_fee - ?
      WHERE merchant = ? AND out_trade_no = ?
      """,
      [.integer(amount.amount), .text(refund.merchant.text), .text(refund.outTradeNo.text)])
  }

  /// Counts a refund among the 50 that WeChat takes, or no longer.
  ///
  /// - Throws: `NotRefundable.tooMany`.
  private mutating func count(_ refund: Refund, movingTo to: RefundState) throws {
    guard refund.state.isCounted != to.isCounted else { return }
    let key: [Value] = [.text(refund.merchant.text), .text(refund.outTradeNo.text)]
    guard to.isCounted else {
      try execute(
        """
        UPDATE payment SET refund_count = refund_count - 1 WHERE merchant = ? AND out_trade_no = ?
        """, key)
      return
    }
    let counted = try execute(
      """
      UPDATE payment SET refund_count = refund_count + 1
      WHERE merchant = ? AND out_trade_no = ? AND refund_count < ?
      """, key + [.integer(Self.maximumCount)])
    guard counted == 1 else { throw NotRefundable.tooMany }
  }

  /// Moves a refund to the state after an event, with its journal line and its money.
  ///
  /// - Parameters:
  ///   - assignments: further columns, each with `= ?`, and their values.
  ///   - difference: what of its amount it does not hold any more, although it goes on.
  /// - Returns: whether the state is another one now.
  /// - Throws: `RefundRefusal` when the state forbids the event; `NotRefundable.tooMany` when WeChat
  ///   would not take it; `RefundChanged` when the refund is not the one that the caller has seen.
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
    try count(refund, movingTo: to)
    if difference > .zero { try release(difference, of: refund) }
    if refund.state.holdsAmount, !to.holdsAmount {
      try release(refund.amount, of: refund)
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
package struct RefundChanged: Error, Sendable {}

extension Refund {
  static let selection = """
    SELECT merchant, out_refund_no, order_no, out_trade_no, transaction_id, total_fee, applied_fee,
      refund_fee, kind, state, reason, review_reason, wait, remark, parameters, sends, unanswered,
      refusals, refund_id, applied_at, succeeded_at, version,
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
      refusals: Int(try columns.row.integer("refusals")),
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

extension RefundChanged: CustomStringConvertible {
  package var description: String {
    "the refund changed since it was read; it has to be read again"
  }
}
