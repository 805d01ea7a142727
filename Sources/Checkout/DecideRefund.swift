import Linux
package import Payments
package import Store
import WeChatPay

/// What people decide about refunds, and the sending of those that may be sent.
package struct DecideRefund: Sendable {
  private let services: Services

  package init(_ services: Services) { self.services = services }

  /// Records what a person decided about a refund, and sends it if it may be sent now.
  ///
  /// What was sent can be withdrawn as long as WeChat has refused it, for want of money in the
  /// merchant's account for instance, and does not know it when asked; then it is `refused`.
  /// - Throws: `RefundRefusal` when the refund's state does not allow the decision;
  ///   `CheckoutRefusal.reasonMissing`; `NotRefundable.tooMany` when WeChat would not take it.
  package func decide(
    _ merchant: MerchantName, _ number: OutRefundNo, _ decision: RefundDecision, by act: Act
  ) throws -> RefundReview {
    let review: RefundReview
    do {
      review = try record(merchant, number, decision, by: act)
    } catch RefundRefusal.isSent {
      guard decision.verdict == .withdraw else { throw RefundRefusal.isSent }
      return try giveUp(merchant, number, decision, by: act)
    }
    crashPoint("R2")
    guard case .decided(let refund) = review else { return review }
    return .decided(try pursue(refund, until: act.deadline))
  }

  /// Records a decision and sends nothing.
  func record(
    _ merchant: MerchantName, _ number: OutRefundNo, _ decision: RefundDecision, by act: Act
  ) throws -> RefundReview {
    while true {
      guard let refund = try services.refunds.find(merchant, number, until: act.deadline) else {
        return .notFound
      }
      guard !decision.lacksReason(about: refund) else { throw CheckoutRefusal.reasonMissing }
      let parameters = try decision.amountToSend(of: refund).map { amount in
        try ApplyRefund(refund, amount: amount, merchant: services.merchant(merchant)).stored
      }
      do {
        return try services.refunds.decide(refund, decision, parameters: parameters, by: act)
      } catch is RefundChanged {
        // Two people, one refund: the second sees what the first did. The deadline ends it.
      }
    }
  }

  private func giveUp(
    _ merchant: MerchantName, _ number: OutRefundNo, _ decision: RefundDecision, by act: Act
  ) throws -> RefundReview {
    guard var sent = try services.refunds.find(merchant, number, until: act.deadline) else {
      return .notFound
    }
    // What may be on its way is asked about when its time has come, and no sooner: who asks again and
    // again must not put that off either.
    if sent.isUnanswered {
      // Else to go on would be to send it.
      guard sent.isLeftToPerson else { throw RefundRefusal.isSent }
      sent = try pursue(sent, until: act.deadline)
      guard sent.state == .sending, !sent.isUnanswered else { throw RefundRefusal.isSent }
    }
    let remark = ["withdrawn", decision.reason?.text, sent.remark].compactMap(\.self)
    try DutyRunner(services).giveUp(sent, remark.joined(separator: "; "), by: act)
    guard
      let refund = try services.refunds.find(
        merchant, number, until: act.deadline + Conversation.grace),
      refund.state == .refused
    else { throw RefundRefusal.isSent }
    return .decided(refund)
  }

  /// Goes on at once with a refund that waits for something.
  ///
  /// Who does so says that what held it back is mended: the merchant's other refunds follow, if it
  /// gets ahead.
  package func retry(_ refund: Refund, by act: Act) throws -> Refund {
    try services.refunds.hurry(refund, by: act)
    try services.pace.resume(.refund, refund.merchant, until: act.deadline)
    return try pursue(refund, until: act.deadline)
  }

  /// Sends what may be sent.
  ///
  /// - Returns: the refund as it stands afterwards.
  package func pursue(_ refund: Refund, until deadline: ContinuousClock.Instant) throws -> Refund {
    guard refund.state.isUnderWay else { return refund }
    DutyRunner(services).runNow(.refund, refund.merchant, refund.number.text, until: deadline)
    return try services.refunds.find(
      refund.merchant, refund.number, until: deadline + Conversation.grace) ?? refund
  }
}
