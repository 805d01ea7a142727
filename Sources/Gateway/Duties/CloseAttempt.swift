import Payments
import Store
import WeChatPay

/// Closes an attempt at WeChat (关单), after asking whether it has been paid.
struct CloseAttempt {
  private let conversation: Conversation

  init(_ conversation: Conversation) { self.conversation = conversation }

  /// - Returns: `false` when the attempt was on its way to WeChat all the while and has arrived:
  ///   it is open there, and has to be looked at again.
  /// - Throws: `PaymentRefusal.orderPaid` when the buyer was faster; `WeChatPayError` when WeChat
  ///   did not say that it is closed: the attempt stays as it was.
  func close(_ attempt: PaymentAttempt, _ closing: Closing, by act: Act) throws -> Bool {
    switch try AskWeChat(conversation).ask(attempt) {
    case .paid: throw PaymentRefusal.orderPaid
    case .closed: break
    case .created, .unpaid:
      guard try closeAtWeChat(attempt, by: act) else {
        return try conversation.gateway.attempts.recordNeverPlaced(attempt, closing, by: act)
      }
    }
    try conversation.gateway.attempts.recordClosed(attempt, closing, by: act)
    return true
  }

  /// - Returns: `false` when WeChat has never heard of the number.
  private func closeAtWeChat(_ attempt: PaymentAttempt, by act: Act) throws -> Bool {
    do {
      try conversation.weChat.close(attempt.outTradeNo)
      return true
    } catch {
      switch error.code {
      case .orderClosed: return true
      // It needs no closing, if it never gave us a prepay_id.
      case .orderNotExist where attempt.prepayID == nil: return false
      // Nor can anybody pay what it has forgotten, once the prepay_id opens nothing any more.
      case .orderNotExist where attempt.prepayExpiresAt.map { $0 < conversation.now } == true:
        return true
      case .orderPaid:
        _ = try AskWeChat(conversation).ask(attempt)
        throw PaymentRefusal.orderPaid
      default:
        try conversation.gateway.attempts.recordFailure(attempt, error, by: act)
        throw error
      }
    }
  }
}
