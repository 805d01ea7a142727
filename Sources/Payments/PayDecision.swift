/// What to do when a buyer asks to pay an order.
package enum PayDecision: Sendable, Equatable {
  /// Open this attempt and send it.
  case open(attempt: Int)
  /// The attempt's `prepay_id` still opens the cashier: sign it afresh.
  case sign(PaymentAttempt)
  /// Send the attempt's stored parameters once more; WeChat answers with a prepay_id that lives.
  case send(PaymentAttempt)
  /// The order's amount changed: close this attempt, after asking WeChat about it, and open the next.
  case replace(PaymentAttempt)
  /// WeChat never took the attempt: open the next with fresh parameters, if they differ.
  case renew(PaymentAttempt)
  /// WeChat refused the attempt a moment ago: tell the same, do not ask again.
  case repeatRefusal(PlacingRefusal)
  case refuse(PayRefusal)
}

/// Why an order cannot be paid.
package enum PayRefusal: Error, Sendable, Equatable {
  /// No such order, or it belongs to another payer; the two look the same outside.
  case orderNotFound
  case orderPaid, orderClosed, orderExpired
}

extension Order {
  /// WeChat demands that the last moment to pay be at least a minute ahead.
  private static let shortestLifeSeconds: Int64 = 60
  /// A prepay_id is not handed out in its last moments: the buyer needs time for the cashier.
  private static let shortestPrepaySeconds: Int64 = 300

  /// Decides what a buyer's wish to pay leads to.
  ///
  /// - Parameters:
  ///   - latest: the order's latest attempt.
  ///   - payer: who asks, by the session.
  ///   - now: the present moment.
  package func decidePay(latest: PaymentAttempt?, payer: OpenID, now: BeijingTime) -> PayDecision {
    if let openID, openID != payer { return .refuse(.orderNotFound) }
    guard let latest else { return isOpen(at: now) ? .open(attempt: 1) : .refuse(.orderExpired) }
    switch latest.state {
    case .paid:
      return .refuse(latest.openID == payer ? .orderPaid : .orderNotFound)
    case .closed:
      // What cannot be paid any more is nothing to a stranger, not even closed or expired.
      let isForeign = latest.openID.map { $0 != payer } ?? false
      switch latest.closing {
      case .merchant: return .refuse(isForeign ? .orderNotFound : .orderClosed)
      case .replaced, .wechat, .expired, .unplaced, .foreign, nil:
        guard isOpen(at: now) else { return .refuse(isForeign ? .orderNotFound : .orderExpired) }
        return .open(attempt: latest.number + 1)
      }
    case .created, .unpaid:
      // An order without a named payer belongs to the first who opened its cashier.
      guard latest.openID == payer else { return .refuse(.orderNotFound) }
      guard isOpen(at: now) else { return .refuse(.orderExpired) }
      if latest.total != total { return latest.isUnplaced ? .renew(latest) : .replace(latest) }
      if latest.state == .unpaid, let prepayExpiresAt = latest.prepayExpiresAt,
        now.adding(seconds: Self.shortestPrepaySeconds) < prepayExpiresAt
      {
        return .sign(latest)
      }
      if let refusal = latest.refusal, now < refusal.until { return .repeatRefusal(refusal) }
      return latest.isUnplaced ? .renew(latest) : .send(latest)
    }
  }

  private func isOpen(at now: BeijingTime) -> Bool {
    guard let expiresAt else { return true }
    return now.adding(seconds: Self.shortestLifeSeconds) < expiresAt
  }
}

extension PayRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .orderNotFound: "there is no such order of this payer"
    case .orderPaid: "the order is paid"
    case .orderClosed: "the order is closed"
    case .orderExpired: "the order's time to pay is over"
    }
  }
}
