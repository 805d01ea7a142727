import Logging
import Payments
import Server
import Store
import WeChatPay

/// `GET order`: what the buyer may know of an order. Asks WeChat when we do not know ourselves.
enum ShowOrder {
  static func handle(_ context: Context) throws -> Response {
    let (session, merchant) = try context.buyer()
    guard let number = try context.query("out_trade_no").flatMap(OutTradeNo.init) else {
      throw Refusal(.malformedRequest, "out_trade_no: expected an order number in the query.")
    }
    let record = try find(number, session, context)
    if let attempt = record.attempt, try isWorthAsking(attempt, context) {
      do {
        _ = try AskWeChat(context, merchant).ask(attempt)
        return Answer.json(OrderView(try find(number, session, context)).forBuyer)
      } catch let error as WeChatPayError {
        // Our own knowledge is an answer too; the next request asks again.
        context.gateway.logger.warning(
          "orderquery without an answer",
          metadata: [
            "request_id": "\(context.request.requestID)", "reason": "\(error.message)",
          ])
      }
    }
    return Answer.json(OrderView(record).forBuyer)
  }

  /// Foreign orders look like unknown ones.
  private static func find(
    _ number: OutTradeNo, _ session: LoginSessions.Session, _ context: Context
  ) throws -> OrderRecord {
    let record = try context.gateway.orders.find(
      merchant: session.merchant, number: number, until: context.request.deadline)
    guard let record, let payer = record.order.openID ?? record.attempt?.openID,
      payer == session.openID
    else { throw Refusal(.orderNotFound) }
    return record
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
