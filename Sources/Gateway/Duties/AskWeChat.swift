import Payments
import Store
import WeChatPay

/// Asks WeChat about an attempt (查单) and records what it answers.
struct AskWeChat {
  private let conversation: Conversation

  init(_ conversation: Conversation) { self.conversation = conversation }

  /// - Returns: the attempt's state as recorded afterwards.
  /// - Throws: `WeChatPayError` when WeChat gave no usable answer; nothing was changed then.
  func ask(_ attempt: PaymentAttempt) throws -> PaymentState {
    let act = conversation.act("wechat-query")
    let answer: OrderQueryAnswer
    do {
      answer = try conversation.weChat.query(attempt.outTradeNo)
    } catch {
      // WeChat has never heard of the number: the attempt may be sent again.
      if error.code == .orderNotExist { return attempt.state }
      throw error
    }
    switch answer.tradeState.event {
    case .paid:
      guard let proof = answer.proof else { return attempt.state }
      let merchant = conversation.merchant
      let verified = VerifiedProof(
        proof, merchant: merchant.name, appID: merchant.appID, merchantID: merchant.merchantID)
      switch try conversation.gateway.attempts.recordPaid(verified, by: act) {
      case .applied, .duplicate: return .paid
      case .quarantined: return attempt.state
      }
    case .closed:
      // WeChat closes by itself what nobody has paid in time.
      let isOver = try attempt.secondsLeft(at: conversation.now) <= 0
      try conversation.gateway.attempts.recordClosed(
        attempt, isOver ? .expired : .wechat, by: act)
      return .closed
    case .accepted, nil: return attempt.state
    }
  }
}
