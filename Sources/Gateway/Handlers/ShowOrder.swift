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
    if let attempt = record.attempt, try isWorthAsking(attempt, context) {
      do {
        _ = try AskWeChat(context.conversation(merchant)).ask(attempt)
        return try answer(try context.order(number, of: session), context)
      } catch let error as WeChatPayError {
        // Our own knowledge is an answer too; the next request asks again.
        context.gateway.logger.warning(
          "orderquery without an answer",
          metadata: [
            "request_id": "\(context.request.requestID)", "reason": "\(error.message)",
          ])
      }
    }
    return try answer(record, context)
  }

  private static func answer(_ record: OrderRecord, _ context: Context) throws -> Response {
    let refunds = try context.gateway.refunds.find(
      record.order.merchant, orders: [record.order.number], until: context.request.deadline)
    return Answer.json(OrderView(record, refunds: refunds, now: context.now).forBuyer)
  }

  private static func isWorthAsking(_ attempt: PaymentAttempt, _ context: Context) throws -> Bool {
    switch attempt.state {
    case .paid, .closed: false
    case .created, .unpaid:
      try context.gateway.attempts.takeTurnToQuery(
        attempt, everySeconds: 2, by: context.act("buyer"))
    }
  }
}
