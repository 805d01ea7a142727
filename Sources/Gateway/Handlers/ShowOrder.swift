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
    guard let asked = try context.askingWeChat(about: record, merchant) else {
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

extension Context {
  /// For reading after a call to WeChat, which may have taken all of the time.
  var lateDeadline: ContinuousClock.Instant { request.deadline + Conversation.grace }

  /// Asks WeChat about an order that is neither paid nor closed, at most every 2 seconds.
  ///
  /// An order without an attempt, too: the script that went before may have placed it.
  /// - Returns: `nil` when nothing was asked; else whether WeChat answered.
  func askingWeChat(
    about record: OrderRecord, _ merchant: Merchant
  ) throws -> Result<Void, WeChatPayError>? {
    let ask = AskWeChat(conversation(merchant))
    do {
      switch (record.attempt, record.state) {
      case (_, .paid), (_, .closed): return nil
      case (let attempt?, .created), (let attempt?, .unpaid):
        guard try services.attempts.takeTurnToQuery(attempt, everySeconds: 2, by: act("buyer"))
        else { return nil }
        _ = try ask.ask(attempt)
      case (nil, .created), (nil, .unpaid):
        guard try services.attempts.takeTurnToQuery(record.order, everySeconds: 2, by: act("buyer"))
        else { return nil }
        _ = try ask.word(about: record.order)
      }
      return .success(())
    } catch let error as WeChatPayError {
      return .failure(error)
    }
  }

  /// An order as it stands once WeChat was asked about it, where nobody has opened an attempt here:
  /// before it is said that nothing was paid.
  ///
  /// - Throws: `WeChatPayError` when WeChat gives no usable answer.
  func settled(_ record: OrderRecord, _ merchant: Merchant) throws -> OrderRecord {
    guard record.attempt == nil, let asked = try askingWeChat(about: record, merchant) else {
      return record
    }
    try asked.get()
    let number = record.order.number
    return try services.orders.find(merchant: merchant.name, number: number, until: lateDeadline)
      ?? record
  }
}
