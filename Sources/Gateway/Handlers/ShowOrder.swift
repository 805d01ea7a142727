import Checkout
import Logging
import Payments
import Server
import Store
import WeChatPay

/// `GET order`: what the buyer may know of an order. Asks WeChat when we do not know ourselves.
enum ShowOrder {
  static func handle(_ context: Context) throws -> Response {
    let (session, merchant) = try context.buyer()
    try context.checkQuery()
    guard let number = try context.query("out_trade_no").flatMap(OutTradeNo.init) else {
      throw Refusal(.malformedRequest, "out_trade_no: expected an order number in the query.")
    }
    let record = try context.order(number, of: session)
    let sync = SyncPayment(context.conversation(merchant), by: "buyer")
    guard let asked = try sync.ask(about: record) else {
      return try answer(record, session, context, until: context.request.deadline)
    }
    switch asked {
    case .failure(let error):
      // Our own knowledge is an answer too; the next request asks again.
      context.services.logger.warning(
        "orderquery without an answer",
        metadata: ["request_id": "\(context.request.requestID)", "reason": "\(error)"])
      return try answer(record, session, context, until: context.lateDeadline)
    case .success:
      let deadline = context.lateDeadline
      return try answer(
        try context.order(number, of: session, until: deadline), session, context, until: deadline)
    }
  }

  /// Of an order that two people paid, each sees the refunds of their own payment.
  private static func answer(
    _ record: OrderRecord, _ session: LoginSessions.Session, _ context: Context,
    until deadline: ContinuousClock.Instant
  ) throws -> Response {
    let number = record.order.number
    let refunds = try context.services.refunds.newest(
      record.order.merchant, of: [number], payer: session.openID,
      before: try context.refundsCursor(), until: deadline)
    return Answer.json(
      OrderView(record, refunds: refunds[number] ?? .none, now: context.now).forBuyer)
  }
}
