import Checkout
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
    try context.refundNotifications.enter { try take(context) }
  }

  private static func take(_ context: Context) throws -> Response {
    let notification = try RefundNotification(context.request.body)
    let merchant = try context.merchant(
      appID: notification.appID, merchantID: notification.merchantID)
    guard merchant.appID == notification.appID, merchant.merchantID == notification.merchantID
    else { throw Refusal(.notificationRefused) }
    guard try context.notification.record(notification, context.request.body, of: merchant) else {
      throw Refusal(.notificationRefused)
    }
    return Answer.xml(NotifyReply.success)
  }
}
