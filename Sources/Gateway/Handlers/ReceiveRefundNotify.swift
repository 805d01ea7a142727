import Checkout
import Linux
import Payments
import Server
import Store
import WeChatPay

/// `POST receive-refund-notify`: WeChat says that a refund has come to an end (退款结果通知).
///
/// The message is encrypted and bears no signature, so that it proves nothing: what it names is
/// asked about, by a duty. No call to WeChat on this path. Whatever is wrong with a message, the
/// answer is one and the same: differences would tell how it decrypts.
enum ReceiveRefundNotify {
  static func handle(_ context: Context) throws -> Response {
    try context.gateway.refundNotifications.enter { try take(context) }
  }

  private static func take(_ context: Context) throws -> Response {
    let notification = try RefundNotification(context.request.body)
    let merchant = try context.merchant(
      appID: notification.appID, merchantID: notification.merchantID)
    guard merchant.appID == notification.appID, merchant.merchantID == notification.merchantID
    else { throw Refusal(.notificationRefused) }
    let hint = try notification.decrypted(with: merchant.apiKey)
    let isOurs = try context.services.notifications.record(
      Notifications.Hint(
        merchant: merchant.name, outTradeNo: hint.outTradeNo, transactionID: hint.transactionID,
        outRefundNo: hint.outRefundNo, total: hint.total, amount: hint.amount,
        body: context.request.body, content: hint.content),
      by: context.act("wechat-notify"))
    crashPoint("R8")
    guard isOurs else { throw Refusal(.notificationRefused) }
    return Answer.xml(NotifyReply.success)
  }
}
