package import Payments
import Store
import WeChatPay

/// Asks WeChat about a number (查单) and records what it answers.
package struct AskWeChat {
  private let conversation: Conversation

  package init(_ conversation: Conversation) { self.conversation = conversation }

  /// What WeChat says of a number, as it was recorded.
  package enum Word: Equatable {
    case paid
    /// Paid, in contradiction to our records: the alarm is raised, no state was changed.
    case contradicted(Alarm)
    case closed
    /// WeChat has it, and the buyer can pay it.
    case open
    /// WeChat has never heard of it.
    case unknown
    /// A word that means nothing to us, or a payment without its proof: to be asked about again.
    case undecided

    /// Whether a payment stands in the records afterwards, or an alarm about it.
    var settles: Bool {
      switch self {
      case .paid, .contradicted: true
      case .closed, .open, .unknown, .undecided: false
      }
    }
  }

  /// - Returns: the attempt's state as recorded afterwards.
  /// - Throws: `WeChatPayError` when WeChat gave no usable answer; nothing was changed then.
  package func ask(_ attempt: PaymentAttempt) throws -> PaymentState {
    switch try word(about: attempt) {
    case .paid: .paid
    case .closed: .closed
    case .contradicted, .open, .unknown, .undecided: attempt.state
    }
  }

  /// The same in WeChat's own terms.
  package func word(about attempt: PaymentAttempt) throws -> Word {
    try conversation.requireReach(of: attempt, to: .orderQuery)
    let askedAt = conversation.now
    let word = try word(about: attempt.outTradeNo)
    let attempts = conversation.services.attempts
    switch word {
    // Why it was closed here says more.
    case .closed where attempt.state == .closed: break
    case .closed:
      // WeChat closes by itself what nobody has paid in time.
      let isOver = try attempt.isOver(at: conversation.now)
      try attempts.recordClosed(
        attempt, isOver ? .expired : .wechat, by: conversation.act("wechat-query"))
    case .unknown:
      try attempts.recordUnknownToWeChat(
        attempt, askedAt: askedAt, by: conversation.act("wechat-query"))
    case .paid, .contradicted, .open, .undecided: break
    }
    return word
  }

  /// Asks about an order that has no attempt here: another program may have placed it at WeChat, or
  /// this one before its database was restored.
  package func word(about order: Order) throws -> Word {
    let taken = try conversation.services.attempts.find(
      order.merchant, order.number, until: conversation.deadline)
    // What WeChat has under the number is an attempt of another order: of `A`, where this is `A-2`.
    guard taken.map({ $0.order == order.number }) ?? true else { return .unknown }
    if let taken { try conversation.requireReach(of: taken, to: .orderQuery) }
    return try word(about: order.number)
  }

  /// Asks about a number and takes in a payment of it, also of one that another program has placed.
  package func word(about number: OutTradeNo) throws -> Word {
    let answer: OrderQueryAnswer
    do {
      answer = try conversation.weChat.query(number)
    } catch {
      if error.code == .orderNotExist { return .unknown }
      throw error
    }
    switch answer.tradeState {
    case .success, .refund: return try takeIn(answer)
    case .closed, .revoked: return .closed
    case .notPay, .userPaying, .payError, .accept: return .open
    case .unrecognised: return .undecided
    }
  }

  private func takeIn(_ answer: OrderQueryAnswer) throws -> Word {
    guard let proof = answer.proof else { return .undecided }
    let merchant = conversation.merchant
    let verified = VerifiedProof(
      proof, merchant: merchant.name, appID: merchant.appID, merchantID: merchant.merchantID)
    let outcome = try conversation.services.attempts.recordPaid(
      verified, isRefunded: answer.tradeState == .refund, by: conversation.act("wechat-query"))
    switch outcome {
    case .applied, .duplicate: return .paid
    case .quarantined(let alarm): return .contradicted(alarm)
    }
  }
}
