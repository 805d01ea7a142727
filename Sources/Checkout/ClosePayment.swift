package import Payments
import Store
import WeChatPay

/// Closes an order for good: nobody can pay it afterwards (关单).
package struct ClosePayment {
  private let conversation: Conversation

  package init(_ conversation: Conversation) { self.conversation = conversation }

  /// How often other requests may be faster.
  private static let rounds = 4

  /// - Parameter actor: whose decision it is, as in `Act`.
  /// - Throws: `PaymentRefusal.orderPaid`, `PaidInContradiction` when the buyer was faster;
  ///   `WeChatPayError` when WeChat did not say that it is closed: nothing was changed then;
  ///   `CheckoutRefusal.orderNotFound`, `.contended`.
  package func close(_ number: OutTradeNo, by actor: String) throws {
    // Buyers may ask to pay in this very moment: each round sees what the one before ran into.
    for _ in 0..<Self.rounds where ContinuousClock.now < conversation.deadline {
      let record = try conversation.services.orders.find(
        merchant: conversation.merchant.name, number: number, until: conversation.lateDeadline)
      guard let record else { throw CheckoutRefusal.orderNotFound }
      if try close(record, by: actor) { return }
    }
    throw CheckoutRefusal.contended
  }

  /// - Returns: `false` when the order has to be looked at again.
  private func close(_ record: OrderRecord, by actor: String) throws -> Bool {
    let attempts = conversation.services.attempts
    guard let attempt = record.attempt else {
      try CloseAttempt(conversation).close(unopened: record.order)
      return try attempts.closeUnopened(record.order, by: conversation.act(actor)) == .opened
    }
    switch (attempt.state, attempt.closing) {
    case (.paid, _): throw PaymentRefusal.orderPaid
    case (.closed, .merchant): return true
    case (.closed, .replaced), (.closed, .wechat), (.closed, .expired), (.closed, .unplaced),
      (.closed, .foreign), (.closed, nil):
      return try attempts.closeUnopened(
        record.order, after: attempt, by: conversation.act(actor)) == .opened
    case (.created, _), (.unpaid, _):
      return try CloseAttempt(conversation).close(attempt, .merchant, by: actor)
    }
  }
}
