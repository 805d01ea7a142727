import Logging
import Payments
import Server
import Store
import WeChatPay

/// `merchant/orders…`: the shop's backend creates, reads and closes orders.
enum MerchantOrders {
  static func create(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let order = try Order(try context.json(), merchant: holder.merchant)
    let act = context.act("merchant:\(holder.name)")
    let status =
      switch try context.gateway.orders.create(order, by: act) {
      case .created: 201
      case .existed: 200
      case .conflict: throw Refusal(.orderConflict)
      case .readOnly: throw Refusal(.ordersComeFromShop)
      }
    return Answer.json(try view(order.number, holder, context), status: status)
  }

  static func show(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    Answer.json(try view(try searched(context, holder), holder, context))
  }

  /// The order that the path names by any of its numbers.
  private static func searched(
    _ context: Context, _ holder: MerchantTokens.Holder
  ) throws -> OutTradeNo {
    guard context.path.count >= 2 else { throw Refusal(.orderNotFound) }
    let (name, deadline) = (context.path[1], context.request.deadline)
    if let number = OutTradeNo(name),
      try context.gateway.orders.find(
        merchant: holder.merchant, number: number, until: deadline) != nil
    {
      return number
    }
    let found = try OrderSearch(context.gateway.database).order(
      holder.merchant, named: name, until: deadline)
    guard let found else { throw Refusal(.orderNotFound) }
    return found
  }

  static func list(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let filter = try OrderFilter(context)
    let page = try context.gateway.orders.list(
      merchant: holder.merchant, state: filter.state, alarm: filter.alarm, from: filter.from,
      to: filter.to,
      after: filter.cursor, limit: filter.limit, until: context.request.deadline)
    for row in page.unusable {
      context.gateway.logger.warning(
        "order left out of a list",
        metadata: ["reason": "\(row)", "request_id": "\(context.request.requestID)"])
    }
    let refunds = Dictionary(
      grouping: try context.gateway.refunds.find(
        holder.merchant, orders: page.orders.map(\.order.number), until: context.request.deadline),
      by: \.order)
    let views = page.orders.map { record in
      OrderView(record, refunds: refunds[record.order.number] ?? [], now: context.now)
    }
    return Answer.json([
      "orders": .array(views.map(\.forMerchant)),
      "next_cursor": JSON(page.next?.text),
    ])
  }

  static func close(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let number = try number(context)
    let act = context.act("merchant:\(holder.name)")
    let merchant = try context.merchant(of: holder)
    // Buyers may ask to pay in this very moment: each round sees what the one before ran into.
    for _ in 0..<4 {
      let record = try find(number, holder, context)
      if try close(record, merchant, act, context) {
        return Answer.json(try view(number, holder, context))
      }
    }
    throw Refusal(.wechatUnavailable)
  }

  /// - Returns: `false` when the order has to be looked at again.
  private static func close(
    _ record: OrderRecord, _ merchant: Merchant, _ act: Act, _ context: Context
  ) throws -> Bool {
    let attempts = context.gateway.attempts
    guard let attempt = record.attempt else {
      return try attempts.closeUnopened(record.order, by: act) == .opened
    }
    switch (attempt.state, attempt.closing) {
    case (.paid, _): throw Refusal(.orderPaid)
    case (.closed, .merchant): return true
    case (.closed, .replaced), (.closed, .wechat), (.closed, .expired), (.closed, nil):
      return try attempts.closeUnopened(record.order, after: attempt, by: act) == .opened
    case (.created, _), (.unpaid, _):
      return try CloseAttempt(context.conversation(merchant)).close(attempt, .merchant, by: act)
    }
  }

  static func number(_ context: Context) throws(Refusal) -> OutTradeNo {
    guard context.path.count >= 2, let number = OutTradeNo(context.path[1]) else {
      throw Refusal(.orderNotFound)
    }
    return number
  }

  static func find(
    _ number: OutTradeNo, _ holder: MerchantTokens.Holder, _ context: Context
  ) throws -> OrderRecord {
    let record = try context.gateway.orders.find(
      merchant: holder.merchant, number: number, until: context.request.deadline)
    guard let record else { throw Refusal(.orderNotFound) }
    return record
  }

  private static func view(
    _ number: OutTradeNo, _ holder: MerchantTokens.Holder, _ context: Context
  ) throws -> JSON {
    let record = try find(number, holder, context)
    let timeline = try context.gateway.journal.timeline(
      merchant: holder.merchant, order: number, until: context.request.deadline)
    let refunds = try context.gateway.refunds.find(
      holder.merchant, orders: [number], until: context.request.deadline)
    return merchantView(of: record, refunds: refunds, timeline: timeline, now: context.now)
  }
}
