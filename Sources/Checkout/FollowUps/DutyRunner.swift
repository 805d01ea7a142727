import Logging
import Payments
package import Store

/// Runs duties: those that are due, one after the other, or one by name.
package struct DutyRunner: Sendable {
  /// Does what a duty is about.
  package typealias Work = @Sendable (Duty, Conversation) throws -> DutyEnding

  private let services: Services
  private let work: Work

  /// - Parameter work: what is done for each kind of duty; without it only those about money can be
  ///   run.
  package init(_ services: Services, _ work: @escaping Work = { try $1.followUp($0) }) {
    self.services = services
    self.work = work
  }

  /// Longer than two calls to WeChat with their connects, shorter than a lease.
  private static let patience: Duration = .seconds(25)

  /// Runs one duty of some kinds that is due.
  ///
  /// - Returns: `false` when there was none.
  package func runNext(_ kinds: [DutyKind] = DutyKind.allCases) throws -> Bool {
    // Counted from before the lease: what was frozen in between has none left.
    let deadline = ContinuousClock.now + Self.patience
    guard let duty = try services.duties.take(kinds, until: .now + .seconds(5))
    else { return false }
    try run(duty, until: deadline)
    return true
  }

  /// Runs the duty about a subject at once, if nobody is at it; a request does not wait for a
  /// worker.
  ///
  /// Never throws: what could not be done now is done by a worker later.
  func runNow(
    _ kind: DutyKind, _ merchant: MerchantName, _ subject: String,
    until deadline: ContinuousClock.Instant
  ) {
    do {
      guard let duty = try services.duties.take(kind, merchant, subject, until: deadline)
      else { return }
      // A request may live longer than a lease.
      try run(duty, until: min(deadline, .now + Self.patience))
    } catch {
      services.logger.warning(
        "duty left to a worker",
        metadata: ["kind": "\(kind.rawValue)", "subject": "\(subject)", "reason": "\(error)"])
    }
  }

  /// Gives up a refund that WeChat has refused so far, if nobody is at it and WeChat does not know
  /// it.
  func giveUp(_ refund: Refund, _ remark: String, by act: Act) throws {
    guard
      let duty = try services.duties.take(
        .refund, refund.merchant, refund.number.text, isEarly: true, until: act.deadline)
    else { return }
    try run(duty, until: min(act.deadline, .now + Self.patience)) { duty, conversation in
      try PursueRefund(conversation, duty).giveUp(remark, by: act)
    }
  }

  private func run(
    _ duty: Duty, until deadline: ContinuousClock.Instant, _ other: Work? = nil
  ) throws {
    let ending: DutyEnding
    do {
      let conversation = Conversation(
        services: services, merchant: try services.merchant(duty.merchant), requestID: nil,
        deadline: deadline)
      ending = try (other ?? work)(duty, conversation)
    } catch is LeaseLost {
      // Somebody else holds it by now and knows more.
      return
    } catch is RefundChanged {
      ending = .again(afterSeconds: 1, isFresh: false)
    } catch {
      services.logger.error(
        "duty failed",
        metadata: [
          "kind": "\(duty.kind.rawValue)", "merchant": "\(duty.merchant)",
          "subject": "\(duty.subject)", "attempt": "\(duty.attempt)", "reason": "\(error)",
        ])
      ending = .again(
        afterSeconds: Patience.answer.seconds(attempt: duty.attempt), isFresh: false)
    }
    // A moment more than the work itself: what was found out shall not be found out again.
    try services.duties.finish(duty, ending, until: max(deadline, .now + .seconds(2)))
  }
}

extension Conversation {
  /// Takes a duty about money one step further.
  package func followUp(_ duty: Duty) throws -> DutyEnding {
    switch duty.kind {
    case .payment: return try PursuePayment(self, duty).run()
    case .latePayment: return try SettleLatePayment(self, duty).run()
    case .refund: return try PursueRefund(self, duty).run()
    case .platformRefunds: return try FindPlatformRefunds(self, duty).run()
    case .delivery: preconditionFailure("Deliveries are run by who knows the shops' addresses.")
    }
  }
}
