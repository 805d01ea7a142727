import Checkout
import Logging
import Payments
import Server
import Store
import WeChatPay

/// `merchant/orders…`: the shop's backend creates, reads and closes orders.
struct MerchantOrders {
  private let request: MerchantRequest

  init(_ request: MerchantRequest) { self.request = request }

  private var context: Context { request.context }
  private var services: Services { request.services }

  func create() throws -> Response {
    let order = try Order(try context.json(), merchant: request.merchant)
    let isNew = try CreateOrder(services).create(order, by: request.act)
    return Answer.json(
      try view(order.number, until: request.deadline), status: isNew ? 201 : 200)
  }

  /// By any of the order's numbers.
  func show(_ name: String) throws -> Response {
    Answer.json(try view(try search(name), until: request.deadline))
  }

  private func search(_ name: String) throws -> OutTradeNo {
    if let number = OutTradeNo(name),
      try services.orders.find(
        merchant: request.merchant, number: number, until: request.deadline) != nil
    {
      return number
    }
    let found = try OrderSearch(services.database).order(
      request.merchant, named: name, until: request.deadline)
    guard let found else { throw Refusal(.orderNotFound) }
    return found
  }

  func list() throws -> Response {
    let filter = try OrderFilter(context)
    let page = try services.orders.list(
      merchant: request.merchant, state: filter.state, alarm: filter.alarm, from: filter.from,
      to: filter.to, after: filter.cursor, limit: filter.limit, until: request.deadline)
    for row in page.unusable {
      services.logger.warning(
        "order left out of a list",
        metadata: ["reason": "\(row)", "request_id": "\(context.request.requestID)"])
    }
    let refunds = try services.refunds.newest(
      request.merchant, of: page.orders.map(\.order.number), until: request.deadline)
    let views = page.orders.map { record in
      OrderView(record, refunds: refunds[record.order.number] ?? .none, now: context.now)
    }
    return Answer.json([
      "orders": .array(views.map(\.forMerchant)),
      "next_cursor": JSON(page.next?.text),
    ])
  }

  func close(_ number: OutTradeNo) throws -> Response {
    try ClosePayment(try request.conversation()).close(number, by: request.actor)
    return Answer.json(try view(number, until: context.lateDeadline))
  }

  /// Asks WeChat about the order by any of its numbers, and takes in what it says.
  func query(_ number: OutTradeNo) throws -> Response {
    guard let found = try QueryOrder(try request.conversation()).run(number) else {
      throw Refusal(.orderNotFound)
    }
    return Answer.json(try view(found.order, until: context.lateDeadline))
  }

  private func view(
    _ number: OutTradeNo, until deadline: ContinuousClock.Instant
  ) throws -> JSON {
    let record = try services.orders.find(
      merchant: request.merchant, number: number, until: deadline)
    guard let record else { throw Refusal(.orderNotFound) }
    let timeline = try services.journal.page(
      merchant: request.merchant, order: number,
      before: try context.read("timeline_cursor", "timeline_cursor of the answer before") {
        Int64($0)
      }, until: deadline)
    let refunds = try services.refunds.newest(
      request.merchant, of: [number], before: try context.refundsCursor(), until: deadline)
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
