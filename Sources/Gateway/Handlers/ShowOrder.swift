import Checkout
import Logging
import Payments
import Server
import Store
import WeChatPay

/// `GET order`: what the buyer may know of an order. Asks WeChat when we do not know ourselves.
struct ShowOrder {
  private let request: BuyerRequest

  init(_ request: BuyerRequest) { self.request = request }

  private var context: Context { request.context }

  func show() throws -> Response {
    guard let number = try context.query("out_trade_no").flatMap(OutTradeNo.init) else {
      throw Refusal(.malformedRequest, "out_trade_no: expected an order number in the query.")
    }
    let record = try order(number, until: context.request.deadline)
    guard let asked = try SyncPayment(request.conversation, by: "buyer").ask(about: record) else {
      return try answer(record, until: context.request.deadline)
    }
    switch asked {
    case .failure(let error):
      // Our own knowledge is an answer too; the next request asks again.
      context.services.logger.warning(
        "orderquery without an answer",
        metadata: ["request_id": "\(context.request.requestID)", "reason": "\(error)"])
      return try answer(record, until: context.lateDeadline)
    case .success:
      return try answer(
        try order(number, until: context.lateDeadline), until: context.lateDeadline)
    }
  }

  /// The buyer's own order; foreign orders look like unknown ones.
  private func order(
    _ number: OutTradeNo, until deadline: ContinuousClock.Instant
  ) throws -> OrderRecord {
    let record = try context.services.orders.find(
      merchant: request.merchant.name, number: number, of: request.payer, until: deadline)
    guard let record else { throw Refusal(.orderNotFound) }
    return record
  }

  /// Of an order that two people paid, each sees the refunds of their own payment.
  private func answer(
    _ record: OrderRecord, until deadline: ContinuousClock.Instant
  ) throws -> Response {
    let number = record.order.number
    let refunds = try context.services.refunds.newest(
      record.order.merchant, of: [number], payer: request.payer,
      before: try context.refundsCursor(), until: deadline)
    return Answer.json(
      OrderView(record, refunds: refunds[number] ?? .none, now: context.now).forBuyer)
  }
}
