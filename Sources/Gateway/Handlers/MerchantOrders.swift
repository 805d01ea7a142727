import Checkout
import Logging
import Payments
import Server
import Store
import WeChatPay

/// `merchant/orders…`: the shop's backend creates, reads and closes orders.
enum MerchantOrders {
  static func create(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let order = try Order(try context.json(), merchant: holder.merchant)
    let isNew = try CreateOrder(context.services).create(
      order, by: context.act("merchant:\(holder.name)"))
    return Answer.json(try view(order.number, holder, context), status: isNew ? 201 : 200)
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
      try context.services.orders.find(
        merchant: holder.merchant, number: number, until: deadline) != nil
    {
      return number
    }
    let found = try OrderSearch(context.services.database).order(
      holder.merchant, named: name, until: deadline)
    guard let found else { throw Refusal(.orderNotFound) }
    return found
  }

  static func list(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let filter = try OrderFilter(context)
    let page = try context.services.orders.list(
      merchant: holder.merchant, state: filter.state, alarm: filter.alarm, from: filter.from,
      to: filter.to,
      after: filter.cursor, limit: filter.limit, until: context.request.deadline)
    for row in page.unusable {
      context.services.logger.warning(
        "order left out of a list",
        metadata: ["reason": "\(row)", "request_id": "\(context.request.requestID)"])
    }
    let refunds = try context.services.refunds.newest(
      holder.merchant, of: page.orders.map(\.order.number), until: context.request.deadline)
    let views = page.orders.map { record in
      OrderView(record, refunds: refunds[record.order.number] ?? .none, now: context.now)
    }
    return Answer.json([
      "orders": .array(views.map(\.forMerchant)),
      "next_cursor": JSON(page.next?.text),
    ])
  }

  static func close(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let number = try number(context)
    let conversation = context.conversation(try context.merchant(of: holder))
    try ClosePayment(conversation).close(number, by: "merchant:\(holder.name)")
    return Answer.json(try view(number, holder, context, until: context.lateDeadline))
  }

  /// Asks WeChat about the order by any of its numbers, and takes in what it says.
  static func query(_ context: Context, _ holder: MerchantTokens.Holder) throws -> Response {
    let conversation = context.conversation(try context.merchant(of: holder))
    guard let found = try QueryOrder(conversation).run(try number(context)) else {
      throw Refusal(.orderNotFound)
    }
    return Answer.json(try view(found.order, holder, context, until: context.lateDeadline))
  }

  static func number(_ context: Context) throws(Refusal) -> OutTradeNo {
    guard context.path.count >= 2, let number = OutTradeNo(context.path[1]) else {
      throw Refusal(.orderNotFound)
    }
    return number
  }

  static func find(
    _ number: OutTradeNo, _ holder: MerchantTokens.Holder, _ context: Context,
    until deadline: ContinuousClock.Instant? = nil
  ) throws -> OrderRecord {
    let record = try context.services.orders.find(
      merchant: holder.merchant, number: number, until: deadline ?? context.request.deadline)
    guard let record else { throw Refusal(.orderNotFound) }
    return record
  }

  private static func view(
    _ number: OutTradeNo, _ holder: MerchantTokens.Holder, _ context: Context,
    until deadline: ContinuousClock.Instant? = nil
  ) throws -> JSON {
    let deadline = deadline ?? context.request.deadline
    let record = try find(number, holder, context, until: deadline)
    let timeline = try context.services.journal.page(
      merchant: holder.merchant, order: number,
      before: try context.read("timeline_cursor", "timeline_cursor of the answer before") {
        Int64($0)
      }, until: deadline)
    let refunds = try context.services.refunds.newest(
      holder.merchant, of: [number], before: try context.refundsCursor(),
      until: deadline)
    return merchantView(
      of: record, refunds: refunds[number] ?? .none, timeline: timeline, now: context.now)
  }
}

extension Context {
  /// Where the refunds of an order's view begin.
  func refundsCursor() throws(Refusal) -> RefundCursor? {
    try read("refunds_cursor", "refunds_cursor of the answer before", RefundCursor.init)
  }
}
