/// Where a refund stands.
package enum RefundState: String, CaseIterable, Sendable {
  /// The buyer has applied for it (申请退款); its amount is reserved.
  case applied
  /// The merchant agrees and waits for the goods to come back (待退货).
  case awaitingGoods = "awaiting_goods"
  /// Decided: it is to be sent. Nothing has been sent yet.
  case approved
  /// Sent at least once. WeChat may or may not have it: also the state of a lost answer.
  case sending
  /// WeChat has accepted it (退款处理中); that is not yet money in the buyer's hands.
  case processing
  /// WeChat has returned the money (退款成功).
  case succeeded
  /// WeChat gave it up (退款关闭): the amount is free again, another try needs another number.
  case closed
  /// The buyer's card is dead or frozen (退款异常): the money is back with the merchant, a person has
  /// to settle it. The amount stays reserved.
  case abnormal
  /// The merchant declined it, with a reason.
  case rejected
  /// Taken back by the buyer or the merchant before anything was sent.
  case withdrawn
  /// WeChat refused it for good, and does not know its number.
  case refused
}

/// What happens to a refund: the merchant's decisions, and what a verified answer proves.
package enum RefundEvent: String, CaseIterable, Sendable {
  /// The merchant agrees to take the goods back.
  case agreed
  /// The merchant has decided that it is to be sent.
  case approved
  /// The goods have arrived.
  case received
  /// The merchant declines.
  case rejected
  /// The buyer or the merchant takes it back.
  case withdrawn
  /// It is about to be sent, for the first time or again.
  case sent
  /// WeChat has it: the refund was accepted, or a refundquery says PROCESSING.
  case accepted
  /// WeChat refused it, and a refundquery says that it does not know the number.
  case refused
  /// A refundquery says SUCCESS.
  case succeeded
  /// A refundquery says REFUNDCLOSE.
  case closed
  /// A refundquery says CHANGE.
  case abnormal
}

extension RefundState {
  /// The state after an event. A repetition leaves the state as it is.
  ///
  /// - Throws: `RefundRefusal` when the event contradicts the state; nothing may be changed then.
  package func after(_ event: RefundEvent) throws(RefundRefusal) -> RefundState {
    switch (self, event) {
    case (.applied, .agreed), (.awaitingGoods, .agreed): .awaitingGoods
    case (.applied, .approved), (.approved, .approved), (.awaitingGoods, .received): .approved
    case (.applied, .rejected), (.awaitingGoods, .rejected), (.rejected, .rejected): .rejected
    case (.applied, .withdrawn), (.awaitingGoods, .withdrawn), (.approved, .withdrawn): .withdrawn
    case (.withdrawn, .withdrawn): .withdrawn
    case (.applied, .received): throw .notAgreed
    case (.awaitingGoods, .approved): throw .goodsAwaited
    case (.approved, .rejected): throw .isApproved

    // What was decided once is not decided again by saying it again.
    case (.approved, .agreed), (.approved, .received): .approved
    case (.sending, .agreed), (.sending, .approved), (.sending, .received): .sending
    case (.processing, .agreed), (.processing, .approved), (.processing, .received): .processing
    case (.succeeded, .agreed), (.succeeded, .approved), (.succeeded, .received): .succeeded
    case (.closed, .agreed), (.closed, .approved), (.closed, .received): .closed
    case (.abnormal, .agreed), (.abnormal, .approved), (.abnormal, .received): .abnormal

    // What was sent may have moved money: no decision takes it back.
    case (.sending, .rejected), (.processing, .rejected), (.succeeded, .rejected): throw .isSent
    case (.closed, .rejected), (.abnormal, .rejected): throw .isSent
    case (.sending, .withdrawn), (.processing, .withdrawn), (.succeeded, .withdrawn): throw .isSent
    case (.closed, .withdrawn), (.abnormal, .withdrawn): throw .isSent

    case (.approved, .sent), (.sending, .sent): .sending
    case (.sending, .accepted), (.processing, .accepted): .processing
    case (.sending, .refused), (.refused, .refused): .refused
    case (.sending, .succeeded), (.processing, .succeeded), (.abnormal, .succeeded): .succeeded
    case (.succeeded, .succeeded): .succeeded
    case (.sending, .closed), (.processing, .closed), (.abnormal, .closed), (.closed, .closed):
      .closed
    case (.sending, .abnormal), (.processing, .abnormal), (.abnormal, .abnormal): .abnormal
    // Late news of the way is no way back.
    case (.succeeded, .accepted): .succeeded
    case (.closed, .accepted): .closed
    case (.abnormal, .accepted): .abnormal

    case (.applied, .sent), (.awaitingGoods, .sent): throw .notApproved
    case (.processing, .sent), (.succeeded, .sent), (.closed, .sent), (.abnormal, .sent):
      throw .isAccepted
    case (.processing, .refused), (.succeeded, .refused), (.closed, .refused): throw .isAccepted
    case (.abnormal, .refused): throw .isAccepted
    case (.succeeded, .closed), (.succeeded, .abnormal): throw .isEnded
    case (.closed, .succeeded), (.closed, .abnormal): throw .isEnded

    // WeChat reports what we have not sent.
    case (.applied, .accepted), (.applied, .refused), (.applied, .succeeded): throw .notSent
    case (.applied, .closed), (.applied, .abnormal): throw .notSent
    case (.awaitingGoods, .accepted), (.awaitingGoods, .refused): throw .notSent
    case (.awaitingGoods, .succeeded), (.awaitingGoods, .closed): throw .notSent
    case (.awaitingGoods, .abnormal): throw .notSent
    case (.approved, .accepted), (.approved, .refused), (.approved, .succeeded): throw .notSent
    case (.approved, .closed), (.approved, .abnormal): throw .notSent

    case (.rejected, .agreed), (.rejected, .approved), (.rejected, .received): throw .isRejected
    case (.rejected, .withdrawn), (.rejected, .sent), (.rejected, .accepted): throw .isRejected
    case (.rejected, .refused), (.rejected, .succeeded), (.rejected, .closed): throw .isRejected
    case (.rejected, .abnormal): throw .isRejected
    case (.withdrawn, .agreed), (.withdrawn, .approved), (.withdrawn, .received):
      throw .isWithdrawn
    case (.withdrawn, .rejected), (.withdrawn, .sent), (.withdrawn, .accepted): throw .isWithdrawn
    case (.withdrawn, .refused), (.withdrawn, .succeeded), (.withdrawn, .closed):
      throw .isWithdrawn
    case (.withdrawn, .abnormal): throw .isWithdrawn
    case (.refused, .agreed), (.refused, .approved), (.refused, .received): throw .isRefused
    case (.refused, .rejected), (.refused, .withdrawn), (.refused, .sent): throw .isRefused
    case (.refused, .accepted), (.refused, .succeeded), (.refused, .closed): throw .isRefused
    case (.refused, .abnormal): throw .isRefused
    }
  }

  /// Whether the refund's amount counts against what was paid.
  ///
  /// A refund that WeChat closed moved nothing; an abnormal one may still be paid out.
  package var holdsAmount: Bool {
    switch self {
    case .applied, .awaitingGoods, .approved, .sending, .processing, .succeeded, .abnormal: true
    case .closed, .rejected, .withdrawn, .refused: false
    }
  }

  /// Whether it counts among the 50 refunds of a payment that WeChat takes: it is to be sent, or WeChat
  /// has it. WeChat counts one that it has closed, too.
  package var isCounted: Bool {
    switch self {
    case .approved, .sending, .processing, .succeeded, .closed, .abnormal: true
    case .applied, .awaitingGoods, .rejected, .withdrawn, .refused: false
    }
  }

  /// Whether WeChat is still to be asked, or sent something.
  package var isUnderWay: Bool {
    switch self {
    case .approved, .sending, .processing, .abnormal: true
    case .applied, .awaitingGoods, .succeeded, .closed, .rejected, .withdrawn, .refused: false
    }
  }
}

/// Why an event was refused: what the refund is already, or is not yet.
package enum RefundRefusal: Error, Sendable, Equatable {
  /// Goods are received only after the merchant has agreed to take them back.
  case notAgreed
  /// It cannot be sent before the goods have arrived.
  case goodsAwaited
  case notApproved, notSent
  case isApproved, isSent, isAccepted, isEnded, isRejected, isWithdrawn, isRefused
}

extension RefundRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAgreed: "the merchant has not agreed to take the goods back"
    case .goodsAwaited: "the goods have not arrived"
    case .notApproved: "the refund is not approved"
    case .notSent: "the refund was not sent"
    case .isApproved: "the refund is approved"
    case .isSent: "the refund was sent"
    case .isAccepted: "WeChat has accepted the refund"
    case .isEnded: "the refund has ended"
    case .isRejected: "the refund was rejected"
    case .isWithdrawn: "the refund was withdrawn"
    case .isRefused: "WeChat has refused the refund"
    }
  }
}
