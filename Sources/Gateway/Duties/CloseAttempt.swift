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

  /// - Returns: `false` when the attempt was on its way to WeChat all the while and has arrived:
  ///   it is open there, and has to be looked at again.
  /// - Throws: `PaymentRefusal.orderPaid` when the buyer was faster; `WeChatPayError` when WeChat
  ///   did not say that it is closed: the attempt stays as it was.
  func close(_ attempt: PaymentAttempt, _ closing: Closing, by act: Act) throws -> Bool {
    switch try AskWeChat(context, merchant).ask(attempt) {
    case .paid: throw PaymentRefusal.orderPaid
    case .closed: break
    case .created, .unpaid:
      guard try closeAtWeChat(attempt, by: act) else {
        return try context.gateway.attempts.recordNeverPlaced(attempt, closing, by: act)
      }
    }
    try context.gateway.attempts.recordClosed(attempt, closing, by: act)
    return true
  }

  /// - Returns: `false` when WeChat has never heard of the number.
  private func closeAtWeChat(_ attempt: PaymentAttempt, by act: Act) throws -> Bool {
    do {
      try context.weChat(merchant).close(attempt.outTradeNo)
      return true
    } catch {
      switch error.code {
      case .orderClosed: return true
      // It needs no closing, if it never gave us a prepay_id.
      case .orderNotExist where attempt.prepayID == nil: return false
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
