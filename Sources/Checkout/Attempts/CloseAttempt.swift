package import Payments
import Store
import WeChatPay

/// Closes an attempt at WeChat (关单), after asking whether it has been paid.
package struct CloseAttempt {
  private let conversation: Conversation

  package init(_ conversation: Conversation) { self.conversation = conversation }

  /// - Parameters:
  ///   - actor: whose decision it is, as in `Act`.
  ///   - word: what WeChat has just said of it; `nil`: it is asked.
  /// - Returns: `false` when the attempt was on its way to WeChat all the while and has arrived:
  ///   it is open there, and has to be looked at again.
  /// - Throws: `PaymentRefusal.orderPaid` when the buyer was faster; `WeChatPayError` when WeChat
  ///   did not say that it is closed: the attempt stays as it was.
  package func close(
    _ attempt: PaymentAttempt, _ closing: Closing, by actor: String,
    knowing word: AskWeChat.Word? = nil
  ) throws -> Bool {
    let attempts = conversation.services.attempts
    switch try word ?? AskWeChat(conversation).word(about: attempt) {
    case .paid: throw PaymentRefusal.orderPaid
    case .closed: break
    case .contradicted, .open, .unknown, .undecided:
      guard try closeAtWeChat(attempt, by: actor) else {
        return try attempts.recordNeverPlaced(attempt, closing, by: conversation.act(actor))
      }
    }
    try attempts.recordClosed(attempt, closing, by: conversation.act(actor))
    return true
  }

  /// Closes what WeChat has under the number of an order that has no attempt here.
  ///
  /// - Throws: `PaymentRefusal` or `PaidInContradiction` when it is paid there; `WeChatPayError` as above.
  package func close(unopened order: Order) throws {
    switch try AskWeChat(conversation).word(about: order) {
    case .paid: throw PaymentRefusal.orderPaid
    case .contradicted(let alarm):
      throw PaidInContradiction(alarm: alarm)
    case .closed, .unknown: break
    case .open, .undecided:
      do {
        try conversation.weChat.close(order.number)
      } catch {
        switch error.code {
        case .orderClosed, .orderNotExist: break
        case .orderPaid:
          throw try AskWeChat(conversation).word(about: order).settles
            ? PaymentRefusal.orderPaid : error
        default: throw error
        }
      }
    }
  }

  /// - Returns: `false` when WeChat has never heard of the number.
  private func closeAtWeChat(_ attempt: PaymentAttempt, by actor: String) throws -> Bool {
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
        // An orderquery may lag behind: what is not recorded is asked about again.
        throw try AskWeChat(conversation).word(about: attempt).settles
          ? PaymentRefusal.orderPaid : error
      default:
        try conversation.services.attempts.note(
          attempt, error.event, "\(error)", by: conversation.act(actor))
        throw error
      }
    }
  }
}

/// WeChat reports a payment that contradicts our records: an alarm was raised, no state was changed.
package struct PaidInContradiction: Error, CustomStringConvertible {
  package let alarm: Alarm

  package var description: String {
    "WeChat reports a payment, \(alarm.sentence): see the alarms."
  }
}
