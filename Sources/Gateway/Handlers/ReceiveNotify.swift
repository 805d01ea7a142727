import Checkout
import Configuration
import Linux
import Payments
import Server
import Store
import WeChatPay

/// `POST receive-notify`: WeChat says that a buyer has paid (支付结果通知).
///
/// SUCCESS is answered only when the payment is committed, or was before. Anything else is FAIL and
/// WeChat says it again later. No call to WeChat on this path.
enum ReceiveNotify {
  static func handle(_ context: Context) throws -> Response {
    crashPoint("N1")
    let received = try ReceivedNotification(context.request.body)
    let merchant = try context.merchant(appID: received.appID, merchantID: received.merchantID)
    if let alarm = try context.notification.record(received, context.request.body, of: merchant) {
      throw Refusal(.notificationQuarantined, alarm.sentence)
    }
    return Answer.xml(NotifyReply.success)
  }
}

extension Context {
  /// What this request's message is recorded with.
  var notification: RecordNotification {
    RecordNotification(
      services, requestID: request.requestID, clientAddress: clientAddress,
      deadline: request.deadline)
  }

  /// The merchant of a notification: the address may name it; else the message does.
  func merchant(appID: AppID, merchantID: MerchantID) throws(Refusal) -> Merchant {
    let merchant =
      if let name = path.first {
        MerchantName(name).flatMap(settings.merchant)
      } else {
        // One who shares half of the pair may have the key; then the message is genuine, and a
        // payment under a wrong appid must raise an alarm rather than be dropped as a forgery.
        settings.merchants.first { $0.appID == appID && $0.merchantID == merchantID }
          ?? settings.merchants.first { $0.appID == appID || $0.merchantID == merchantID }
      }
    guard let merchant else {
      throw Refusal(.notificationRefused, "No merchant of this name, appid and mch_id.")
    }
    return merchant
  }
}
