import Checkout
import Payments
import Server
import Store

/// `POST refund-apply`, `POST refund-withdraw`: the buyer asks for money back, or no longer does.
enum BuyerRefunds {
  static func apply(_ context: Context) throws -> Response {
    let (session, merchant) = try context.buyer()
    let wish = try ApplyForRefund.Wish(try context.json())
    let key = try context.requestKey(of: ApplyForRefund.holder(session.openID))
    let applied = try ApplyForRefund(context.conversation(merchant), payer: session.openID)
      .apply(wish, key: key)
    switch applied {
    case .created(let refund): return answer(refund, context, status: 201)
    case .existed(let refund): return answer(refund, context, status: 200)
    }
  }

  static func withdraw(_ context: Context) throws -> Response {
    let (session, merchant) = try context.buyer()
    let members = Members(try context.json())
    try members.allow(["out_trade_no", "out_refund_no"])
    let order = try members.orderNumber()
    let number = try members.required(
      "out_refund_no", "the refund's number, as the order shows it", OutRefundNo.init)
    let refund = try ApplyForRefund(context.conversation(merchant), payer: session.openID)
      .withdraw(number, of: order)
    return answer(refund, context, status: 200)
  }

  private static func answer(_ refund: Refund, _ context: Context, status: Int) -> Response {
    Answer.json(RefundView(refund, now: context.now).forBuyer, status: status)
  }
}

extension ApplyForRefund.Wish {
  /// Reads `{"out_trade_no","refund_fee"?,"kind","reason"}`.
  fileprivate init(_ json: JSON) throws(Refusal) {
    let members = Members(json)
    try members.allow(["out_trade_no", "refund_fee", "kind", "reason"])
    self.init(
      order: try members.orderNumber(), amount: try members.optionalAmount("refund_fee"),
      kind: try members.required("kind", "unshipped or returned", RefundKind.init(chosen:)),
      reason: try members.reason())
  }
}
