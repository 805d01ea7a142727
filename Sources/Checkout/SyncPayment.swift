import Payments
package import Store
package import WeChatPay

/// Asks WeChat about an order that is neither paid nor closed (掉单补查), at most every 2 seconds.
///
/// An order without an attempt, too: the script that went before may have placed it.
package struct SyncPayment {
  private let conversation: Conversation
  private let actor: String

  /// - Parameter actor: who wants to know, as in `Act`.
  package init(_ conversation: Conversation, by actor: String) {
    self.conversation = conversation
    self.actor = actor
  }

  private static let leastSeconds: Int64 = 2

  /// - Returns: `nil` when nothing was asked; else whether WeChat answered.
  package func ask(about record: OrderRecord) throws -> Result<Void, WeChatPayError>? {
    let (attempts, act) = (conversation.services.attempts, conversation.act(actor))
    do {
      switch (record.attempt, record.state) {
      case (_, .paid), (_, .closed): return nil
      case (let attempt?, .created), (let attempt?, .unpaid):
        guard try attempts.takeTurnToQuery(attempt, everySeconds: Self.leastSeconds, by: act)
        else { return nil }
        _ = try AskWeChat(conversation).ask(attempt)
      case (nil, .created), (nil, .unpaid):
        guard try attempts.takeTurnToQuery(record.order, everySeconds: Self.leastSeconds, by: act)
        else { return nil }
        _ = try AskWeChat(conversation).word(about: record.order)
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
  package func settled(_ record: OrderRecord) throws -> OrderRecord {
    guard record.attempt == nil, let asked = try ask(about: record) else { return record }
    try asked.get()
    return try conversation.services.orders.find(
      merchant: record.order.merchant, number: record.order.number,
      until: conversation.lateDeadline) ?? record
  }
}
