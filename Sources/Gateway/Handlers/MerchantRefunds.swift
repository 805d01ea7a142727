import Checkout
import Payments
import Server
import Store

/// `merchant/refunds…`, `merchant/orders/*/refunds`: the merchant's staff decides and refunds.
struct MerchantRefunds {
  private let request: MerchantRequest

  init(_ request: MerchantRequest) { self.request = request }

  private var context: Context { request.context }
  private var refunds: Refunds { request.services.refunds }

  /// Applies and approves at once.
  func create(_ order: OutTradeNo) throws -> Response {
    let wish = try IssueRefund.Wish(try context.json())
    let useCase = IssueRefund(try request.conversation(), holder: request.holder.name)
    switch try useCase.issue(
      wish, of: order, key: try context.requestKey(of: IssueRefund.keyHolder))
    {
    case .created(let refund): return try answer(refund, status: 201, isRepeated: false)
    case .existed(let refund): return try answer(refund, isRepeated: true)
    }
  }

  func list() throws -> Response {
    let filter = try RefundFilter(context)
    let page = try refunds.list(
      merchant: request.merchant, state: filter.state, waitingFor: filter.wait,
      after: filter.cursor, limit: filter.limit, until: request.deadline)
    let tries = try refunds.nextTries(of: page.refunds, until: request.deadline)
    return Answer.json([
      "refunds": .array(
        page.refunds.map {
          RefundView($0, nextTryAt: tries[$0.number], now: context.now).forMerchant
        }),
      "next_cursor": JSON(page.next?.text),
    ])
  }

  /// By our number or WeChat's.
  func show(_ name: String) throws -> Response {
    let refund = try refunds.find(request.merchant, named: name, until: request.deadline)
    guard let refund else { throw Refusal(.refundNotFound) }
    return try answer(refund)
  }

  /// All that was applied for, or less with a reason: freight that the buyer bears, for instance.
  func approve(_ number: OutRefundNo) throws -> Response {
    let members = Members(try context.json())
    try members.allow(["reason", "refund_fee"])
    return try decide(
      number, .approve(amount: try members.optionalAmount("refund_fee")),
      try members.optionalReason())
  }

  func reject(_ number: OutRefundNo) throws -> Response {
    try decide(number, .reject, try membersWithReason().reason())
  }

  func received(_ number: OutRefundNo) throws -> Response {
    try decide(number, .receive, try membersWithReason().optionalReason())
  }

  func withdraw(_ number: OutRefundNo) throws -> Response {
    try decide(number, .withdraw, try membersWithReason().reason())
  }

  /// Goes on at once with a refund that waits: the balance is topped up, the certificate renewed.
  func retry(_ number: OutRefundNo) throws -> Response {
    guard let refund = try refunds.find(request.merchant, number, until: request.deadline) else {
      throw Refusal(.refundNotFound)
    }
    guard refund.state.isUnderWay else {
      throw Refusal(.refundStateConflict, "The refund is \(refund.state.rawValue).")
    }
    return try answer(try DecideRefund(request.services).retry(refund, by: request.act))
  }

  private func membersWithReason() throws -> Members {
    let members = Members(try context.json())
    try members.allow(["reason"])
    return members
  }

  private func decide(
    _ number: OutRefundNo, _ verdict: RefundDecision.Verdict, _ reason: Reason?
  ) throws -> Response {
    let review = try DecideRefund(request.services).decide(
      request.merchant, number, RefundDecision(verdict, reason: reason), by: request.act)
    switch review {
    case .decided(let refund), .stood(let refund): return try answer(refund)
    case .amountConflict(let refund):
      throw CheckoutRefusal.amountConflict(refund: refund.amount, applied: refund.appliedAmount)
    case .notFound: throw CheckoutRefusal.refundNotFound
    }
  }

  /// - Parameter isRepeated: whether the refund was made by an earlier request; `nil` where none is
  ///   made.
  private func answer(
    _ refund: Refund, status: Int = 200, isRepeated: Bool? = nil
  ) throws -> Response {
    let tries = try refunds.nextTries(of: [refund], until: context.lateDeadline)
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
