import Payments
import Store
import WeChatPay

/// Sends money back that came after its attempt was closed, if the merchant wants it so. Otherwise
/// the order's alarm is for a person.
struct SettleLatePayment {
  private let conversation: Conversation
  private let duty: Duty

  init(_ conversation: Conversation, _ duty: Duty) {
    self.conversation = conversation
    self.duty = duty
  }

  private static let reason = "订单已关闭或已支付，自动退款"

  func run() throws -> DutyEnding {
    let (services, merchant) = (conversation.services, conversation.merchant)
    guard merchant.latePayment == .refund, let outTradeNo = OutTradeNo(duty.subject),
      let payment = try services.attempts.find(
        merchant.name, outTradeNo, until: conversation.deadline),
      payment.state == .paid, let reason = Reason(Self.reason),
      // One payment, one number: whoever does this twice finds it done.
      let number = OutRefundNo("LATE-\(outTradeNo)")
    else { return .done }
    do {
      try conversation.requireReach(of: payment, to: .refund)
    } catch is WeChatPayError {
      return .again(
        afterSeconds: Patience.configuration.seconds(attempt: duty.attempt), isFresh: false)
    }
    // What somebody has given back by hand meanwhile is not given back again.
    let amount: Fen
    do {
      amount = try services.refunds.left(of: payment, until: conversation.deadline)
    } catch is NotRefundable {
      return .done
    }
    let parameters = try ApplyRefund(
      of: payment, number: number, amount: amount, reason: reason.text, merchant: merchant)
    let creation = try services.refunds.apply(
      RefundApplication(
        payment: payment, number: number, amount: amount, kind: .unshipped, reason: reason,
        key: nil, approvedParameters: parameters.stored),
      by: conversation.act("late-payment"))
    switch creation {
    // Somebody has reserved some of it since we looked: there is less left.
    case .refused(.exceeds):
      return .again(afterSeconds: Patience.answer.seconds(attempt: duty.attempt), isFresh: false)
    case .conflict:
      try services.refunds.raise(
        .refundNumberTaken, of: payment, detail: "refund \(number) is of other content",
        by: conversation.act("late-payment"))
      return .done
    case .created, .existed, .refused: return .done
    }
  }
}
