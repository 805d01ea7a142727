/// Where a payment attempt stands.
package enum PaymentState: String, CaseIterable, Sendable {
  /// Our intent is recorded. WeChat may or may not know the order: also the state of a lost answer.
  case created
  /// WeChat has accepted the order (a `prepay_id` came back); the buyer may pay.
  case unpaid
  /// WeChat holds the buyer's money.
  case paid
  /// Closed: by us, or by WeChat.
  case closed
}

/// What happens to a payment attempt, each proven by a verified message of WeChat.
package enum PaymentEvent: String, CaseIterable, Sendable {
  /// unifiedorder (统一下单) was answered with a `prepay_id`.
  case accepted
  /// A notification or an orderquery (查单) says that the buyer has paid.
  case paid
  /// closeorder (关单) was accepted, or an orderquery says that the order is closed.
  case closed
}

extension PaymentState {
  /// The state after an event.
  ///
  /// - Throws: `PaymentRefusal` when the event contradicts the state; nothing may be changed then.
  package func after(_ event: PaymentEvent) throws(PaymentRefusal) -> PaymentState {
    switch (self, event) {
    case (.created, .accepted), (.unpaid, .accepted): .unpaid
    // WeChat holds the money: its verified word wins over our closing.
    case (.created, .paid), (.unpaid, .paid), (.paid, .paid), (.closed, .paid): .paid
    case (.created, .closed), (.unpaid, .closed), (.closed, .closed): .closed
    case (.paid, .accepted), (.paid, .closed): throw .orderPaid
    case (.closed, .accepted): throw .orderClosed
    }
  }

  /// The states from which an event is legal: the guard of the UPDATE that records it.
  package static func before(_ event: PaymentEvent) -> [PaymentState] {
    allCases.filter { (try? $0.after(event)) != nil }
  }
}

/// Why an event was refused.
package enum PaymentRefusal: Error, Sendable { case orderPaid, orderClosed }

extension PaymentRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .orderPaid: "the order is paid"
    case .orderClosed: "the order is closed"
    }
  }
}
