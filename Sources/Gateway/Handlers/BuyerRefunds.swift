import Checkout
import Payments
import Server
import Store

/// `POST refund-apply`, `POST refund-withdraw`: the buyer asks for money back, or no longer does.
struct BuyerRefunds {
  private let request: BuyerRequest

  init(_ request: BuyerRequest) { self.request = request }

  private var context: Context { request.context }
  private var useCase: ApplyForRefund {
    ApplyForRefund(request.conversation, payer: request.payer)
  }

  func apply() throws -> Response {
    let wish = try ApplyForRefund.Wish(try context.json())
    let key = try context.requestKey(of: ApplyForRefund.holder(request.payer))
    switch try useCase.apply(wish, key: key) {
    case .created(let refund): return answer(refund, status: 201)
    case .existed(let refund): return answer(refund, status: 200)
    }
  }

  func withdraw() throws -> Response {
    let members = Members(try context.json())
    try members.allow(["out_trade_no", "out_refund_no"])
    let order = try members.orderNumber()
    let number = try members.required(
      "out_refund_no", "the refund's number, as the order shows it", OutRefundNo.init)
    return answer(try useCase.withdraw(number, of: order), status: 200)
  }

  private func answer(_ refund: Refund, status: Int) -> Response {
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
