import MariaDB
package import Payments

/// What a person decides about a refund.
package struct RefundDecision: Sendable {
  /// What is decided.
  package enum Verdict: Sendable, Equatable {
    /// It is to be paid: `amount`, if that is less than was applied for.
    case approve(amount: Fen?)
    case reject
    /// The goods have arrived.
    case receive
    case withdraw
  }
  package let verdict: Verdict
  /// For the other side to read; required by whoever calls where it must not be missing.
  package let reason: Reason?
  /// Of which order it must be; `nil`: of any.
  package let order: OutTradeNo?
  /// Whose payment it must give back: a buyer decides about their own refunds only, also when two
  /// have paid one order. `nil`: anyone's.
  package let payer: OpenID?

  package init(
    _ verdict: Verdict, reason: Reason?, order: OutTradeNo? = nil, payer: OpenID? = nil
  ) {
    self.verdict = verdict
    self.reason = reason
    self.order = order
    self.payer = payer
  }

  func isAllowed(on refund: Refund) -> Bool {
    (order == nil || order == refund.order) && (payer == nil || payer == refund.payer)
  }
}

/// What a decision came to.
package enum RefundReview: Sendable, Equatable {
  case decided(Refund)
  /// It was decided so before: nothing was changed.
  case stood(Refund)
  case notFound
  /// It was approved before, for another amount; or for more than was applied for.
  case amountConflict(Refund)
}

extension Refunds {
  /// Records a decision.
  ///
  /// - Parameters:
  ///   - refund: as it was read; when it has changed since, nothing is done.
  ///   - parameters: what is sent to WeChat; needed when `amountToSend` names an amount.
  /// - Throws: `RefundRefusal` when the refund's state does not allow the decision;
  ///   `NotRefundable.tooMany` when WeChat would not take it; `RefundChanged` when it has to be read
  ///   again.
  package func decide(
    _ refund: Refund, _ decision: RefundDecision, parameters: String?, by act: Act
  ) throws -> RefundReview {
    guard decision.isAllowed(on: refund) else { return .notFound }
    let event = decision.event(about: refund)
    let to = try refund.state.after(event)
    let amount = decision.amount ?? refund.amount
    guard to != refund.state else {
      return amount == refund.amount ? .stood(refund) : .amountConflict(refund)
    }
    guard amount <= refund.appliedAmount else { return .amountConflict(refund) }
    var assignments = ["refund_fee = ?", "request_key = \(RequestKey.afterDecision)"]
    var values: [Value] = [.integer(amount.amount)]
    if let reason = decision.reason {
      assignments.append("review_reason = ?")
      values.append(.text(reason.text))
    }
    if to == .approved {
      guard let parameters else {
        preconditionFailure("What is approved is sent, and what is sent was computed before.")
      }
      assignments.append("parameters = ?")
      values.append(.text(parameters))
    }
    return try database.transaction(until: act.deadline) { connection in
      try connection.move(
        refund, event, assigning: assignments, values,
        releasing: refund.amount.minus(amount) ?? .zero,
        detail: decision.sentence(about: refund, amount), by: act)
      if to == .approved {
        try connection.plan(.refund, refund.merchant, refund.number.text, afterSeconds: 0)
      }
      guard let decided = try connection.refund(refund.merchant, refund.number) else {
        throw RefundChanged()
      }
      return .decided(decided)
    }
  }
}

extension RefundDecision {
  /// How much WeChat is asked to give back once this is decided; `nil` when nothing is sent.
  ///
  /// - Throws: `RefundRefusal` when the refund's state does not allow the decision.
  package func amountToSend(of refund: Refund) throws(RefundRefusal) -> Fen? {
    guard isAllowed(on: refund) else { return nil }
    let to = try refund.state.after(event(about: refund))
    let amount = amount ?? refund.amount
    guard to == .approved, to != refund.state, amount <= refund.appliedAmount else { return nil }
    return amount
  }

  /// Whether less is approved than was applied for, and nobody says why.
  package func lacksReason(about refund: Refund) -> Bool {
    guard let amount else { return false }
    return amount < refund.appliedAmount && reason == nil
  }
}

extension RefundDecision {
  fileprivate var amount: Fen? {
    if case .approve(let amount) = verdict { amount } else { nil }
  }

  /// The merchant's consent means another thing for goods that have to come back first.
  fileprivate func event(about refund: Refund) -> RefundEvent {
    switch verdict {
    case .approve: refund.kind.consent
    case .reject: .rejected
    case .receive: .received
    case .withdraw: .withdrawn
    }
  }

  fileprivate func sentence(about refund: Refund, _ amount: Fen) -> String {
    let decision =
      switch verdict {
      case .approve where amount < refund.amount: "\(amount) of \(refund.amount) approved"
      case .approve: "\(amount) approved"
      case .reject: "rejected"
      case .receive: "the goods have arrived"
      case .withdraw: "withdrawn"
      }
    return reason.map { "\(decision): \($0)" } ?? decision
  }
}
