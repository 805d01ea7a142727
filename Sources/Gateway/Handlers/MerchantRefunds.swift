import Checkout
import Linux
import Payments
import Server
import Store
import WeChatPay

/// `merchant/refunds…`, `merchant/orders/*/refunds`: the merchant's staff decides and refunds.
enum MerchantRefunds {
  /// Applies and approves at once.
  static func create(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let wish = try DirectRefund(try context.json())
    crashPoint("R1")
    let merchant = try context.merchant(of: holder)
    let record = try context.settled(
      try MerchantOrders.find(try MerchantOrders.number(context), holder, context), merchant)
    let payment = try paidAttempt(of: record, named: wish.outTradeNo, context)
    let number = wish.number ?? .random()
    let parameters = try ApplyRefund(
      of: payment, number: number, amount: wish.amount, reason: wish.reason.text,
      merchant: merchant)
    let application = RefundApplication(
      payment: payment, number: number, amount: wish.amount, kind: wish.kind, reason: wish.reason,
      key: try context.requestKey(of: "merchant") ?? wish.key(of: record.order),
      approvedParameters: parameters.stored,
      dayLimit: merchant.refundLimitPerDay.map { RefundDayLimit(holder: holder.name, amount: $0) })
    let creation = try context.services.refunds.apply(application, by: act(context, holder))
    crashPoint("R2")
    switch creation {
    case .created(let refund):
      let pursued = try DecideRefund(context.services).pursue(
        refund, until: context.request.deadline)
      return try answer(pursued, context, status: 201, isRepeated: false)
    case .existed(let refund):
      // Found by its key: a caller who chose another number would wait for that one in vain.
      guard wish.number.map({ $0 == refund.number }) ?? true else {
        throw Refusal(.refundConflict)
      }
      return try answer(refund, context, isRepeated: true)
    case .conflict: throw Refusal(.refundConflict)
    case .refused(let refusal): throw refusal
    }
  }

  static func list(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let filter = try RefundFilter(context)
    let refunds = context.services.refunds
    let page = try refunds.list(
      merchant: holder.merchant, state: filter.state, waitingFor: filter.wait,
      after: filter.cursor, limit: filter.limit, until: context.request.deadline)
    let tries = try refunds.nextTries(of: page.refunds, until: context.request.deadline)
    return Answer.json([
      "refunds": .array(
        page.refunds.map {
          RefundView($0, nextTryAt: tries[$0.number], now: context.now).forMerchant
        }),
      "next_cursor": JSON(page.next?.text),
    ])
  }

  static func show(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    guard context.path.count >= 2 else { throw Refusal(.refundNotFound) }
    let refund = try context.services.refunds.find(
      holder.merchant, named: context.path[1], until: context.request.deadline)
    guard let refund else { throw Refusal(.refundNotFound) }
    return try answer(refund, context)
  }

  /// All that was applied for, or less with a reason: freight that the buyer bears, for instance.
  static func approve(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let members = Members(try context.json())
    try members.allow(["reason", "refund_fee"])
    let amount = try members.optionalAmount("refund_fee")
    let reason = try members.optionalReason()
    if let amount, reason == nil, amount < (try find(context, holder)).appliedAmount {
      throw Refusal(.malformedRequest, "reason: whoever approves less than applied for says why.")
    }
    return try decide(.approve(amount: amount), reason, context, holder)
  }

  static func reject(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let members = Members(try context.json())
    try members.allow(["reason"])
    return try decide(.reject, try members.reason(), context, holder)
  }

  static func received(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let members = Members(try context.json())
    try members.allow(["reason"])
    return try decide(.receive, try members.optionalReason(), context, holder)
  }

  static func withdraw(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let members = Members(try context.json())
    try members.allow(["reason"])
    return try decide(.withdraw, try members.reason(), context, holder)
  }

  /// Goes on at once with a refund that waits: the balance is topped up, the certificate renewed.
  static func retry(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let refund = try find(context, holder)
    guard refund.state.isUnderWay else {
      throw Refusal(.refundStateConflict, "The refund is \(refund.state.rawValue).")
    }
    return try answer(
      try DecideRefund(context.services).retry(refund, by: act(context, holder)), context)
  }

  private static func decide(
    _ verdict: RefundDecision.Verdict, _ reason: Reason?, _ context: Context,
    _ holder: MerchantTokens.Holder
  ) throws -> Response {
    let review = try DecideRefund(context.services).decide(
      holder.merchant, try number(context), RefundDecision(verdict, reason: reason),
      by: act(context, holder))
    switch review {
    case .decided(let refund), .stood(let refund): return try answer(refund, context)
    case .amountConflict(let refund):
      throw Refusal(
        .refundConflict,
        "The refund is of \(refund.amount.amount) fen, \(refund.appliedAmount.amount) were applied for."
      )
    case .notFound: throw Refusal(.refundNotFound)
    }
  }

  /// The payment to be given back: the order's, or the one that is named when two were paid.
  private static func paidAttempt(
    of record: OrderRecord, named number: OutTradeNo?, _ context: Context
  ) throws -> PaymentAttempt {
    let attempt =
      if let number {
        try context.services.attempts.find(
          record.order.merchant, number, until: context.request.deadline)
      } else {
        record.attempt
      }
    guard let attempt, attempt.order == record.order.number, attempt.state == .paid else {
      throw Refusal(.orderNotPaid)
    }
    return attempt
  }

  private static func number(_ context: Context) throws(Refusal) -> OutRefundNo {
    guard context.path.count >= 2, let number = OutRefundNo(context.path[1]) else {
      throw Refusal(.refundNotFound)
    }
    return number
  }

  private static func find(
    _ context: Context, _ holder: MerchantTokens.Holder
  ) throws -> Refund {
    let refund = try context.services.refunds.find(
      holder.merchant, try number(context), until: context.request.deadline)
    guard let refund else { throw Refusal(.refundNotFound) }
    return refund
  }

  private static func act(_ context: Context, _ holder: MerchantTokens.Holder) -> Act {
    context.act("merchant:\(holder.name)")
  }

  /// - Parameter isRepeated: whether the refund was made by an earlier request; `nil` where none is
  ///   made.
  private static func answer(
    _ refund: Refund, _ context: Context, status: Int = 200, isRepeated: Bool? = nil
  ) throws -> Response {
    let tries = try context.services.refunds.nextTries(
      of: [refund], until: context.lateDeadline)
    let view = RefundView(refund, nextTryAt: tries[refund.number], now: context.now)
    return Answer.json(
      isRepeated.map(view.forMerchant(isRepeated:)) ?? view.forMerchant, status: status)
  }
}

/// `{"refund_fee","reason","out_refund_no"?,"kind"?,"out_trade_no"?}`.
private struct DirectRefund {
  let amount: Fen
  let reason: Reason
  let number: OutRefundNo?
  let kind: RefundKind
  /// Which payment, when the order was paid twice.
  let outTradeNo: OutTradeNo?

  init(_ json: JSON) throws(Refusal) {
    let members = Members(json)
    try members.allow(["refund_fee", "reason", "out_refund_no", "kind", "out_trade_no"])
    amount = try members.amount("refund_fee")
    reason = try members.reason()
    number = try members.optional(
      "out_refund_no", "1 to 64 characters of 0-9 A-Z a-z _ - | * @", OutRefundNo.init)
    kind =
      try members.optional("kind", "unshipped or returned", RefundKind.init(chosen:)) ?? .unshipped
    outTradeNo = try members.optional(
      "out_trade_no", "the number of a payment of this order", OutTradeNo.init)
  }

  /// What a caller's wish is recognised by who sends no number: asked again, it is the same refund.
  func key(of order: Order) -> RequestKey? {
    guard number == nil else { return nil }
    let words = [
      order.number.text, outTradeNo?.text ?? "", "\(amount.amount)", kind.rawValue, reason.text,
    ]
    return RequestKey(refundOnce: words.joined(separator: "\n"), of: "merchant")
  }
}
