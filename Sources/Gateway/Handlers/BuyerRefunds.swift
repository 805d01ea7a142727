import Checkout
import Linux
import Payments
import Server
import Store
import WeChatPay

/// `POST refund-apply`, `POST refund-withdraw`: the buyer asks for money back, or no longer does.
enum BuyerRefunds {
  static func apply(_ context: Context) throws -> Response {
    let (session, merchant) = try context.buyer()
    let wish = try Wish(try context.json())
    crashPoint("R1")
    let record = try context.settled(try context.order(wish.order, of: session), merchant)
    let key =
      try context.requestKey(of: "buyer \(session.openID)")
      ?? RequestKey(wish: wish.text, of: "buyer \(session.openID)")
    guard let payment = record.attempt, payment.state == .paid, payment.openID == session.openID
    else { throw Refusal(.orderNotPaid) }
    let amount: Fen
    if let wished = wish.amount {
      amount = wished
    } else {
      // Read before a repetition is looked for: whoever took the rest meanwhile is found then.
      let left = Result {
        try context.services.refunds.left(of: payment, until: context.request.deadline)
      }
      if let standing = try standing(wish, key, of: record, context) {
        return answer(standing, context, status: 200)
      }
      amount = try left.get()
    }
    let application = RefundApplication(
      payment: payment, number: .random(), amount: amount, kind: wish.kind, reason: wish.reason,
      key: key, approvedParameters: nil, isByBuyer: true)
    let creation = try context.services.refunds.apply(application, by: context.act("buyer"))
    crashPoint("R2")
    switch creation {
    case .created(let refund): return answer(refund, context, status: 201)
    case .existed(let refund): return answer(refund, context, status: 200)
    case .conflict: throw Refusal(.refundConflict)
    case .refused(let refusal): throw refusal
    }
  }

  /// The refund that a wish for all that is left has led to before: its repetition would find
  /// nothing left.
  ///
  /// - Throws: `refundConflict` when the key was used for another wish.
  private static func standing(
    _ wish: Wish, _ key: RequestKey, of record: OrderRecord, _ context: Context
  ) throws -> Refund? {
    let refunds = context.services.refunds
    let merchant = record.order.merchant
    guard let standing = try refunds.find(merchant, key, until: context.request.deadline) else {
      return nil
    }
    // The rest of a payment is what those before it had not been given: less was a wish for a part.
    let upToIt = try refunds.find(
      merchant, orders: [standing.order], until: context.request.deadline
    ).filter { $0.outTradeNo == standing.outTradeNo && $0.appliedAt <= standing.appliedAt }
    guard standing.order == record.order.number, standing.kind == wish.kind,
      standing.reason.utf8.elementsEqual(wish.reason.text.utf8),
      upToIt.map(\.appliedAmount.amount).reduce(0, +) >= standing.total.amount
    else { throw Refusal(.refundConflict) }
    return standing
  }

  static func withdraw(_ context: Context) throws -> Response {
    let (session, merchant) = try context.buyer()
    let members = Members(try context.json())
    try members.allow(["out_trade_no", "out_refund_no"])
    let order = try context.order(try members.orderNumber(), of: session)
    let number = try members.required(
      "out_refund_no", "the refund's number, as the order shows it", OutRefundNo.init)
    let decision = RefundDecision(
      .withdraw, reason: nil, order: order.order.number, payer: session.openID)
    let review = try context.services.refunds.decide(
      merchant.name, number, decision, by: context.act("buyer")
    ) { _, _ in throw Refusal(.internalFault) }
    switch review {
    case .decided(let refund), .stood(let refund), .amountConflict(let refund):
      return answer(refund, context, status: 200)
    case .notFound: throw Refusal(.refundNotFound)
    }
  }

  private static func answer(_ refund: Refund, _ context: Context, status: Int) -> Response {
    Answer.json(RefundView(refund, now: context.now).forBuyer, status: status)
  }
}

/// What the mini-program sends: `{"out_trade_no","refund_fee"?,"kind","reason"}`.
private struct Wish {
  let order: OutTradeNo
  /// `nil`: all that is left.
  let amount: Fen?
  let kind: RefundKind
  let reason: Reason

  init(_ json: JSON) throws(Refusal) {
    let members = Members(json)
    try members.allow(["out_trade_no", "refund_fee", "kind", "reason"])
    order = try members.orderNumber()
    amount = try members.optionalAmount("refund_fee")
    kind = try members.required("kind", "unshipped or returned", RefundKind.init(chosen:))
    reason = try members.reason()
  }

  /// The same for the same wish.
  var text: String {
    [order.text, amount.map { "\($0.amount)" } ?? "rest", kind.rawValue, reason.text]
      .joined(separator: "\n")
  }
}

extension RefundKind {
  /// One that a person may choose.
  init?(chosen text: String) {
    guard let kind = RefundKind(rawValue: text), kind != .platform else { return nil }
    self = kind
  }
}

extension Members {
  func orderNumber() throws(Refusal) -> OutTradeNo {
    try required("out_trade_no", "6 to 32 characters of 0-9 A-Z a-z _ - | *", OutTradeNo.init)
  }

  func reason() throws(Refusal) -> Reason {
    try required("reason", "1 to 80 characters of text, which the other side reads", Reason.init)
  }
}

extension Context {
  /// The caller's `Idempotency-Key`; `nil` when there is none.
  func requestKey(of holder: String) throws(Refusal) -> RequestKey? {
    guard let text = request.parameter("HTTP_IDEMPOTENCY_KEY"), !text.isEmpty else { return nil }
    guard let key = RequestKey(text, of: holder) else {
      throw Refusal(.malformedRequest, "Idempotency-Key: expected 1 to 64 visible characters.")
    }
    return key
  }
}
