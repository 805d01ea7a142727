import Linux
package import Payments
package import Store
import WeChatPay

/// A refund that is wished for, and what came of it.
package enum WishedRefund: Sendable, Equatable {
  case created(Refund)
  /// The same was wished for before: nothing was changed.
  case existed(Refund)
}

/// Takes a buyer's application for a refund (申请退款); the merchant decides about it.
package struct ApplyForRefund {
  /// What the buyer wants.
  package struct Wish: Sendable {
    let order: OutTradeNo
    /// `nil`: all that is left.
    let amount: Fen?
    let kind: RefundKind
    let reason: Reason

    package init(order: OutTradeNo, amount: Fen?, kind: RefundKind, reason: Reason) {
      self.order = order
      self.amount = amount
      self.kind = kind
      self.reason = reason
    }

    /// The same for the same wish.
    fileprivate var text: String {
      [order.text, amount.map { "\($0.amount)" } ?? "rest", kind.rawValue, reason.text]
        .joined(separator: "\n")
    }
  }

  private let conversation: Conversation
  private let payer: OpenID

  /// - Parameter payer: who applies; of an order that two people paid, each gets back their own.
  package init(_ conversation: Conversation, payer: OpenID) {
    self.conversation = conversation
    self.payer = payer
  }

  private var refunds: Refunds { conversation.services.refunds }
  private var merchant: MerchantName { conversation.merchant.name }

  /// In whose name a request's key counts.
  package static func holder(_ payer: OpenID) -> String { "buyer \(payer)" }

  /// - Parameter key: what the buyer's program recognises its request by; `nil`: the wish itself.
  /// - Throws: `NotRefundable`; `CheckoutRefusal.orderNotFound`, `.refundConflict`; `WeChatPayError`
  ///   when the order has no attempt here and WeChat does not say whether it is paid.
  package func apply(_ wish: Wish, key: RequestKey?) throws -> WishedRefund {
    crashPoint("R1")
    guard
      let found = try conversation.services.orders.find(
        merchant: merchant, number: wish.order, of: payer, until: conversation.deadline)
    else { throw CheckoutRefusal.orderNotFound }
    let record = try SyncPayment(conversation, by: "buyer").settled(found)
    guard let payment = record.attempt, payment.state == .paid, payment.openID == payer else {
      throw NotRefundable.notPaid
    }
    let key = key ?? RequestKey(wish: wish.text, of: Self.holder(payer))
    let amount: Fen
    if let wished = wish.amount {
      amount = wished
    } else {
      // Read before a repetition is looked for: whoever took the rest meanwhile is found then.
      let left = Result { try refunds.left(of: payment, until: conversation.deadline) }
      if let standing = try standing(wish, key, of: record) { return .existed(standing) }
      amount = try left.get()
    }
    let creation = try refunds.apply(
      RefundApplication(
        payment: payment, number: .random(), amount: amount, kind: wish.kind, reason: wish.reason,
        key: key, approvedParameters: nil, isByBuyer: true), by: conversation.act("buyer"))
    crashPoint("R2")
    switch creation {
    case .created(let refund): return .created(refund)
    case .existed(let refund): return .existed(refund)
    case .conflict: throw CheckoutRefusal.refundConflict
    case .refused(let refusal): throw refusal
    }
  }

  /// The refund that a wish for all that is left has led to before: its repetition would find
  /// nothing left.
  ///
  /// - Throws: `refundConflict` when the key was used for another wish.
  private func standing(
    _ wish: Wish, _ key: RequestKey, of record: OrderRecord
  ) throws -> Refund? {
    guard let standing = try refunds.find(merchant, key, until: conversation.deadline) else {
      return nil
    }
    // The rest of a payment is what those before it had not been given: less was a wish for a part.
    let upToIt = try refunds.find(
      merchant, orders: [standing.order], until: conversation.deadline
    ).filter { $0.outTradeNo == standing.outTradeNo && $0.appliedAt <= standing.appliedAt }
    guard standing.order == record.order.number, standing.kind == wish.kind,
      standing.reason.utf8.elementsEqual(wish.reason.text.utf8),
      upToIt.map(\.appliedAmount.amount).reduce(0, +) >= standing.total.amount
    else { throw CheckoutRefusal.refundConflict }
    return standing
  }

  /// Takes an application back, as long as nothing was sent.
  ///
  /// - Throws: `RefundRefusal` when its state does not allow it; `CheckoutRefusal.refundNotFound`
  ///   also for another buyer's.
  package func withdraw(_ number: OutRefundNo, of order: OutTradeNo) throws -> Refund {
    guard
      try conversation.services.orders.find(
        merchant: merchant, number: order, of: payer, until: conversation.deadline) != nil
    else { throw CheckoutRefusal.orderNotFound }
    let decision = RefundDecision(.withdraw, reason: nil, order: order, payer: payer)
    let review = try DecideRefund(conversation.services).record(
      merchant, number, decision, by: conversation.act("buyer"))
    switch review {
    case .decided(let refund), .stood(let refund), .amountConflict(let refund): return refund
    case .notFound: throw CheckoutRefusal.refundNotFound
    }
  }
}
