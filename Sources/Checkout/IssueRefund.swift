import Linux
package import Payments
package import Store
import WeChatPay

/// Refunds at once, as the merchant's staff may: applied for, approved and sent in one go.
package struct IssueRefund {
  /// What is to be given back, and why.
  package struct Wish: Sendable {
    let amount: Fen
    let reason: Reason
    let number: OutRefundNo?
    let kind: RefundKind
    /// Which payment, when the order was paid twice.
    let outTradeNo: OutTradeNo?

    package init(
      amount: Fen, reason: Reason, number: OutRefundNo?, kind: RefundKind, outTradeNo: OutTradeNo?
    ) {
      self.amount = amount
      self.reason = reason
      self.number = number
      self.kind = kind
      self.outTradeNo = outTradeNo
    }

    /// What a caller's wish is recognised by who sends no number: asked again, it is the same refund.
    fileprivate func key(of order: OutTradeNo) -> RequestKey? {
      guard number == nil else { return nil }
      let words = [
        order.text, outTradeNo?.text ?? "", "\(amount.amount)", kind.rawValue, reason.text,
      ]
      return RequestKey(refundOnce: words.joined(separator: "\n"), of: IssueRefund.keyHolder)
    }
  }

  /// In whose name a request's key counts.
  package static let keyHolder = "merchant"

  private let conversation: Conversation
  private let holder: String

  /// - Parameter holder: the name of the token that refunds.
  package init(_ conversation: Conversation, holder: String) {
    self.conversation = conversation
    self.holder = holder
  }

  /// - Parameter key: what the caller's program recognises its request by.
  /// - Throws: `NotRefundable`; `CheckoutRefusal.orderNotFound`, `.refundConflict`; `WeChatPayError`
  ///   when the order has no attempt here and WeChat does not say whether it is paid.
  package func issue(_ wish: Wish, of order: OutTradeNo, key: RequestKey?) throws -> WishedRefund {
    crashPoint("R1")
    let (services, merchant) = (conversation.services, conversation.merchant)
    let actor = "merchant:\(holder)"
    guard
      let found = try services.orders.find(
        merchant: merchant.name, number: order, until: conversation.deadline)
    else { throw CheckoutRefusal.orderNotFound }
    let record = try SyncPayment(conversation, by: actor).settled(found)
    let payment = try paidAttempt(of: record, named: wish.outTradeNo)
    let number = wish.number ?? .random()
    let parameters = try ApplyRefund(
      of: payment, number: number, amount: wish.amount, reason: wish.reason.text,
      merchant: merchant)
    let creation = try services.refunds.apply(
      RefundApplication(
        payment: payment, number: number, amount: wish.amount, kind: wish.kind,
        reason: wish.reason, key: key ?? wish.key(of: order),
        approvedParameters: parameters.stored,
        dayLimit: merchant.refundLimitPerDay.map { RefundDayLimit(holder: holder, amount: $0) }),
      by: conversation.act(actor))
    crashPoint("R2")
    switch creation {
    case .created(let refund):
      return .created(try DecideRefund(services).pursue(refund, until: conversation.deadline))
    case .existed(let refund):
      // Found by its key: a caller who chose another number would wait for that one in vain.
      guard wish.number.map({ $0 == refund.number }) ?? true else {
        throw CheckoutRefusal.refundConflict
      }
      return .existed(refund)
    case .conflict: throw CheckoutRefusal.refundConflict
    case .refused(let refusal): throw refusal
    }
  }

  /// The payment to be given back: the order's, or the one that is named when two were paid.
  private func paidAttempt(
    of record: OrderRecord, named number: OutTradeNo?
  ) throws -> PaymentAttempt {
    let attempt =
      if let number {
        try conversation.services.attempts.find(
          record.order.merchant, number, until: conversation.deadline)
      } else {
        record.attempt
      }
    guard let attempt, attempt.order == record.order.number, attempt.state == .paid else {
      throw NotRefundable.notPaid
    }
    return attempt
  }
}
