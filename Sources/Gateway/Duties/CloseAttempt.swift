import Payments
import Store
import WeChatPay

/// Closes an attempt at WeChat (关单), after asking whether it has been paid.
struct CloseAttempt {
  private let context: Context
  private let merchant: Merchant

  init(_ context: Context, _ merchant: Merchant) {
    self.context = context
    self.merchant = merchant
  }

  /// - Throws: `PaymentRefusal.orderPaid` when the buyer was faster; `WeChatPayError` when WeChat
  ///   did not say that it is closed: the attempt stays as it was.
  func close(_ attempt: PaymentAttempt, _ closing: Closing, by act: Act) throws {
    switch try AskWeChat(context, merchant).ask(attempt) {
    case .paid: throw PaymentRefusal.orderPaid
    case .closed: break
    case .created, .unpaid: try closeAtWeChat(attempt, by: act)
    }
    try context.gateway.attempts.recordClosed(attempt, closing, by: act)
  }

  private func closeAtWeChat(_ attempt: PaymentAttempt, by act: Act) throws {
    do {
      try context.weChat(merchant).close(attempt.outTradeNo)
    } catch {
      switch error.code {
      case .orderClosed: return
      // A number WeChat has never heard of needs no closing, if it never gave us a prepay_id.
      case .orderNotExist where attempt.prepayID == nil: return
      case .orderPaid:
        _ = try AskWeChat(context, merchant).ask(attempt)
        throw PaymentRefusal.orderPaid
      default:
        try context.gateway.attempts.recordFailure(attempt, error, by: act)
        throw error
      }
    }
  }
}
