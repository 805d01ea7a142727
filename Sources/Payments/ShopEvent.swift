/// What the shop is told about its orders.
///
/// The words stand in the configuration, in webhooks and in the database, and never change.
package enum ShopEvent: String, CaseIterable, Sendable {
  /// WeChat holds the money.
  case paid
  /// WeChat holds money, but not what the order costs now: it was changed while the buyer had the
  /// cashier open. A person has to look before anything is delivered.
  case paidOtherAmount = "paid_other_amount"
  /// The merchant has closed the order, or its time to pay is over; it may still become `paid`
  /// afterwards.
  case closed
  case refundApplied = "refund_applied"
  /// The merchant agrees and waits for the goods.
  case refundAwaitingGoods = "refund_awaiting_goods"
  /// Decided: it is sent to WeChat now.
  case refundApproved = "refund_approved"
  case refundRejected = "refund_rejected"
  case refundWithdrawn = "refund_withdrawn"
  /// WeChat refused it for good; no money moved.
  case refundRefused = "refund_refused"
  /// The buyer has the money.
  case refundSucceeded = "refund_succeeded"
  /// WeChat gave it up; no money moved.
  case refundClosed = "refund_closed"
  /// The buyer's card takes no money: a person has to settle it. It may still succeed.
  case refundAbnormal = "refund_abnormal"

  /// What a refund's new state is to the shop.
  ///
  /// - Returns: `nil` for states on the way that need nobody's attention.
  package init?(_ state: RefundState) {
    switch state {
    case .applied: self = .refundApplied
    case .awaitingGoods: self = .refundAwaitingGoods
    case .approved: self = .refundApproved
    case .rejected: self = .refundRejected
    case .withdrawn: self = .refundWithdrawn
    case .refused: self = .refundRefused
    case .succeeded: self = .refundSucceeded
    case .closed: self = .refundClosed
    case .abnormal: self = .refundAbnormal
    case .sending, .processing: return nil
    }
  }

  /// What the end of a payment attempt is to the shop.
  ///
  /// - Returns: `nil` when the buyer is expected to pay by the next attempt.
  package init?(_ closing: Closing) {
    switch closing {
    case .merchant, .expired: self = .closed
    case .replaced, .wechat, .unplaced, .foreign: return nil
    }
  }

  /// Whether it is about a refund, and not about the order as such.
  package var isAboutRefund: Bool {
    switch self {
    case .paid, .paidOtherAmount, .closed: false
    case .refundApplied, .refundAwaitingGoods, .refundApproved, .refundRejected, .refundWithdrawn,
      .refundRefused, .refundSucceeded, .refundClosed, .refundAbnormal:
      true
    }
  }
}
