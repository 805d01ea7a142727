import Configuration
import Logging
import Payments
import Store

/// Runs duties: those that are due, one after the other, or one by name.
struct DutyRunner: Sendable {
  private let gateway: Gateway

  init(_ gateway: Gateway) { self.gateway = gateway }

  /// Whether any shop wants to be told what happens.
  var hasShopToTell: Bool { !gateway.shop.isEmpty }

  /// Longer than two calls to WeChat with their connects, shorter than a lease.
  private static let patience: Duration = .seconds(25)

  /// Runs one duty of some kinds that is due.
  ///
  /// - Returns: `false` when there was none.
  func runNext(_ kinds: [DutyKind] = DutyKind.allCases) throws -> Bool {
    // Counted from before the lease: what was frozen in between has none left.
    let deadline = ContinuousClock.now + Self.patience
    guard let duty = try gateway.duties.take(kinds, until: .now + .seconds(5))
    else { return false }
    try run(duty, until: deadline, perform)
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
      guard let duty = try gateway.duties.take(kind, merchant, subject, until: deadline)
      else { return }
      // A request may live longer than a lease.
      try run(duty, until: min(deadline, .now + Self.patience), perform)
    } catch {
      gateway.logger.warning(
        "duty left to a worker",
        metadata: ["kind": "\(kind.rawValue)", "subject": "\(subject)", "reason": "\(error)"])
    }
  }

  /// Gives up a refund that WeChat has refused so far, if nobody is at it and WeChat does not know
  /// it.
  func giveUp(_ refund: Refund, _ remark: String, by act: Act) throws {
    guard
      let duty = try gateway.duties.take(
        .refund, refund.merchant, refund.number.text, isEarly: true, until: act.deadline)
    else { return }
    try run(duty, until: min(act.deadline, .now + Self.patience)) { duty, deadline in
      try PursueRefund(conversation(about: duty, until: deadline), duty).giveUp(remark, by: act)
    }
  }

  private func run(
    _ duty: Duty, until deadline: ContinuousClock.Instant,
    _ work: (Duty, ContinuousClock.Instant) throws -> DutyEnding
  ) throws {
    let ending: DutyEnding
    do {
      ending = try work(duty, deadline)
    } catch is LeaseLost {
      // Somebody else holds it by now and knows more.
      return
    } catch is RefundChanged {
      ending = .again(afterSeconds: 1, isFresh: false)
    } catch {
      gateway.logger.error(
        "duty failed",
        metadata: [
          "kind": "\(duty.kind.rawValue)", "merchant": "\(duty.merchant)",
          "subject": "\(duty.subject)", "attempt": "\(duty.attempt)", "reason": "\(error)",
        ])
      ending = .again(
        afterSeconds: Patience.answer.seconds(attempt: duty.attempt), isFresh: false)
    }
    // A moment more than the work itself: what was found out shall not be found out again.
    try gateway.duties.finish(duty, ending, until: max(deadline, .now + .seconds(2)))
  }

  private func perform(
    _ duty: Duty, until deadline: ContinuousClock.Instant
  ) throws -> DutyEnding {
    let conversation = try conversation(about: duty, until: deadline)
    switch duty.kind {
    case .payment: return try PursuePayment(conversation, duty).run()
    case .latePayment: return try SettleLatePayment(conversation, duty).run()
    case .refund: return try PursueRefund(conversation, duty).run()
    case .platformRefunds: return try FindPlatformRefunds(conversation, duty).run()
    case .delivery: return try DeliverEvents(conversation, duty).run()
    }
  }

  private func conversation(
    about duty: Duty, until deadline: ContinuousClock.Instant
  ) throws -> Conversation {
    guard let merchant = gateway.settings.merchant(duty.merchant) else {
      throw Refusal(.internalFault, "No merchant \(duty.merchant) in the configuration.")
    }
    return Conversation(
      gateway: gateway, merchant: merchant, requestID: nil, deadline: deadline)
  }
}
