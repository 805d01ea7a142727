package import Configuration
import Curl
import Linux
import Logging
package import MariaDB
package import Payments
import Pooling
import Server
package import Store
import WeChatPay

extension Gateway {
  /// A gateway for one command: no sockets, few connections.
  ///
  /// - Throws: when a certificate or key cannot be read.
  package static func byHand(_ settings: Settings, database: Database) throws -> Gateway {
    // A command prints what it has done; the log beside it is for trouble.
    LoggingSystem.bootstrap { _ in
      LineLogHandler(format: settings.logFormat, logLevel: .warning)
    }
    Signals.ignoreBrokenPipe()
    return Gateway(
      settings: settings, database: database, hosts: settings.weChatHosts,
      identities: try settings.identitySessions(), logger: Logger(label: "weixinpay"))
  }

  /// Records what a person decided about a refund, and sends it if it may be sent now.
  ///
  /// What was sent can be withdrawn as long as WeChat has refused it, for want of money in the
  /// merchant's account for instance, and does not know it when asked; then it is `refused`.
  /// - Throws: `RefundRefusal` when the refund's state does not allow the decision.
  package func decide(
    _ merchant: MerchantName, _ number: OutRefundNo, _ decision: RefundDecision, by act: Act
  ) throws -> RefundReview {
    let review: RefundReview
    do {
      review = try refunds.decide(merchant, number, decision, by: act) { refund, amount in
        guard let merchant = settings.merchant(merchant) else { throw Refusal(.internalFault) }
        return try ApplyRefund(refund, amount: amount, merchant: merchant).stored
      }
    } catch RefundRefusal.isSent {
      guard decision.verdict == .withdraw else { throw RefundRefusal.isSent }
      return try giveUp(merchant, number, decision, by: act)
    }
    crashPoint("R2")
    guard case .decided(let refund) = review else { return review }
    return .decided(try pursue(refund, until: act.deadline))
  }

  private func giveUp(
    _ merchant: MerchantName, _ number: OutRefundNo, _ decision: RefundDecision, by act: Act
  ) throws -> RefundReview {
    guard var sent = try refunds.find(merchant, number, until: act.deadline) else {
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
    try DutyRunner(self).giveUp(sent, remark.joined(separator: "; "), by: act)
    guard
      let refund = try refunds.find(
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
    try refunds.hurry(refund, by: act)
    try pace.resume(.refund, refund.merchant, until: act.deadline)
    return try pursue(refund, until: act.deadline)
  }

  /// Sends what may be sent.
  ///
  /// - Returns: the refund as it stands afterwards.
  func pursue(_ refund: Refund, until deadline: ContinuousClock.Instant) throws -> Refund {
    guard refund.state.isUnderWay else { return refund }
    DutyRunner(self).runNow(.refund, refund.merchant, refund.number.text, until: deadline)
    return try refunds.find(
      refund.merchant, refund.number, until: deadline + Conversation.grace) ?? refund
  }

  /// Does everything that is due now (待办), one after the other.
  ///
  /// - Returns: how many duties were run.
  package func sweep() throws -> Int {
    var count = 0
    while try DutyRunner(self).runNext() { count += 1 }
    return count
  }
}
