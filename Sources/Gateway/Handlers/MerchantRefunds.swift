import Checkout
import Payments
import Server
import Store

/// `merchant/refunds…`, `merchant/orders/*/refunds`: the merchant's staff decides and refunds.
enum MerchantRefunds {
  /// Applies and approves at once.
  static func create(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let wish = try IssueRefund.Wish(try context.json())
    let conversation = context.conversation(try context.merchant(of: holder))
    let issued = try IssueRefund(conversation, holder: holder.name).issue(
      wish, of: try MerchantOrders.number(context),
      key: try context.requestKey(of: IssueRefund.keyHolder))
    switch issued {
    case .created(let refund):
      return try answer(refund, context, status: 201, isRepeated: false)
    case .existed(let refund): return try answer(refund, context, isRepeated: true)
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
    return try decide(
      .approve(amount: try members.optionalAmount("refund_fee")), try members.optionalReason(),
      context, holder)
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
      throw CheckoutRefusal.amountConflict(refund: refund.amount, applied: refund.appliedAmount)
    case .notFound: throw CheckoutRefusal.refundNotFound
    }
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

extension IssueRefund.Wish {
  /// Reads `{"refund_fee","reason","out_refund_no"?,"kind"?,"out_trade_no"?}`.
  fileprivate init(_ json: JSON) throws(Refusal) {
    let members = Members(json)
    try members.allow(["refund_fee", "reason", "out_refund_no", "kind", "out_trade_no"])
    self.init(
      amount: try members.amount("refund_fee"), reason: try members.reason(),
      number: try members.optional(
        "out_refund_no", "1 to 64 characters of 0-9 A-Z a-z _ - | * @", OutRefundNo.init),
      kind: try members.optional("kind", "unshipped or returned", RefundKind.init(chosen:))
        ?? .unshipped,
      outTradeNo: try members.optional(
        "out_trade_no", "the number of a payment of this order", OutTradeNo.init))
  }
}
