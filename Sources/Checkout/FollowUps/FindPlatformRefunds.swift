import Logging
import Payments
import Store
import WeChatPay

/// Looks for refunds of a payment that were not made through this gateway, and takes them into the
/// books: those made on WeChat's merchant platform (商户平台), or by the script that went before.
struct FindPlatformRefunds {
  private let conversation: Conversation
  private let duty: Duty

  init(_ conversation: Conversation, _ duty: Duty) {
    self.conversation = conversation
    self.duty = duty
  }

  func run() throws -> DutyEnding {
    let (services, merchant) = (conversation.services, conversation.merchant)
    guard let number = OutTradeNo(duty.subject),
      let payment = try services.attempts.find(
        merchant.name, number, until: conversation.deadline),
      let transactionID = payment.transactionID
    else { return .done }
    do {
      try conversation.requireReach(of: payment, to: .refundQuery)
    } catch is WeChatPayError {
      return .again(
        afterSeconds: Patience.configuration.seconds(attempt: duty.attempt), isFresh: false)
    }
    let list = try conversation.refunds.queryRefunds(of: transactionID, outTradeNo: number)
    for odd in list.unreadable { try raiseUnreadable(odd, of: payment) }
    var isUnderstood = true
    for (index, record) in list.records.enumerated() {
      guard let news = RefundNews(record) else {
        isUnderstood = false
        continue
      }
      let act = conversation.act("wechat-query")
      if let known = try services.refunds.find(
        merchant.name, record.outRefundNo, until: conversation.lateDeadline)
      {
        // Also of one that was given up here: that WeChat has it nevertheless becomes an alarm.
        _ = try services.refunds.record(news, of: known, by: act)
      } else if record.amount > payment.total {
        // The books cannot hold it, and it must not hide the others.
        try raiseUnreadable("\(record.outRefundNo) (\(record.amount))", of: payment)
      } else {
        _ = try services.refunds.recordElsewhere(
          news, number: record.outRefundNo, of: payment,
          isLast: index == list.records.count - 1, by: act)
      }
    }
    guard !isUnderstood else { return .done }
    services.logger.warning(
      "WeChat reports a refund with a status that is not known; it is asked again",
      metadata: ["out_trade_no": "\(number)"])
    return .again(afterSeconds: Patience.answer.seconds(attempt: duty.attempt), isFresh: false)
  }

  private func raiseUnreadable(_ detail: String, of payment: PaymentAttempt) throws {
    try conversation.services.refunds.raise(
      .refundUnreadable, of: payment, detail: detail, by: conversation.act("wechat-query"))
  }
}
