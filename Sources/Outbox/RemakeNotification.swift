import Checkout
import Payments
import Store
import WeChatPay

/// Makes a message in place of one of WeChat's that was lost, of what WeChat itself says when it is
/// asked.
struct RemakeNotification {
  private let conversation: Conversation

  init(_ conversation: Conversation) { self.conversation = conversation }

  private var services: Services { conversation.services }

  /// - Throws: `DeliveryFailure` when WeChat does not say now what there is to tell.
  func message(_ news: ShopNews) throws -> [UInt8] {
    guard let outTradeNo = news.outTradeNo, let total = news.total, let payment = news.payment
    else { throw failure("there is no payment to tell of") }
    guard let refund = news.refund else {
      let attach = try attach(of: outTradeNo, news)
      return conversation.merchant.remadeNotification(
        outTradeNo: outTradeNo, transactionID: payment.transactionID, payer: payment.payer,
        total: total, paidAt: payment.paidAt, attach: attach)
    }
    return conversation.merchant.remadeNotification(
      of: try record(of: refund, outTradeNo, telling: news.event), outTradeNo: outTradeNo,
      transactionID: payment.transactionID, total: total,
      source: refund.kind == .platform ? .vendorPlatform : .api)
  }

  /// What WeChat was given to return: as the attempt sent it, else as the shop's row has it.
  private func attach(of outTradeNo: OutTradeNo, _ news: ShopNews) throws -> String? {
    let attempt = try services.attempts.find(
      news.merchant, outTradeNo, until: conversation.deadline)
    if let parameters = attempt?.parameters, let sent = try? UnifiedOrder(stored: parameters) {
      return sent.attach
    }
    let record = try services.orders.find(
      merchant: news.merchant, number: news.order, until: conversation.deadline)
    return record?.order.attach.flatMap(Description.init(fitting:))?.text
  }

  /// What WeChat says about a refund, if it is what there is to tell.
  private func record(
    of refund: ShopNews.RefundFacts, _ outTradeNo: OutTradeNo, telling event: ShopEvent
  ) throws -> RefundRecord {
    // The shop is told within the same lease.
    let question = Conversation(
      services: services, merchant: conversation.merchant, requestID: conversation.requestID,
      deadline: conversation.deadline - ShopAddress.patience)
    let record: RefundRecord
    do throws(WeChatPayError) {
      record = try question.refunds.queryRefund(refund.number, of: outTradeNo)
    } catch {
      throw failure("\(error)")
    }
    guard record.refundID == refund.refundID, record.amount == refund.amount else {
      throw failure("WeChat reports another refund_id or refund_fee than is recorded")
    }
    // WeChat no longer speaks of a trouble that is over: the script hears how it ended.
    guard let told = ShopEvent(record.status), told == event || event == .refundAbnormal else {
      throw failure("WeChat says \(record.status.word.prefix(32)) when asked")
    }
    return record
  }

  private func failure(_ reason: String) -> DeliveryFailure {
    DeliveryFailure(
      remark: "WeChat's message was lost, and none could be made: \(reason)", isOutage: false)
  }
}
