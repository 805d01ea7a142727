import Linux
import Logging
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
    let merchant = try merchant(of: received, context)
    let notification = try received.verified(with: merchant)
    let message = Notifications.Message(
      proof: notification.proof.map {
        VerifiedProof(
          $0, merchant: merchant.name, appID: merchant.appID, merchantID: merchant.merchantID)
      },
      merchant: merchant.name, body: context.request.body)
    let outcomes = try context.gateway.notifications.record(
      [message], by: context.act("wechat-notify"))
    crashPoint("N4")
    for case .quarantined(let alarm)? in outcomes {
      context.gateway.logger.error(
        "notification quarantined",
        metadata: [
          "merchant": "\(merchant.name)", "alarm": "\(alarm.rawValue)",
          "request_id": "\(context.request.requestID)",
        ])
      // A second transaction of a paid order is recorded for a person; saying it again helps nobody.
      guard alarm == .transactionMismatch else { throw Quarantined(alarm: alarm) }
    }
    return Answer.xml(NotifyReply.success)
  }

  /// No merchant of ours is named by the address or the message.
  private struct UnknownMerchant: Error {}

  /// A signed notification that contradicts our records.
  private struct Quarantined: Error { let alarm: Alarm }

  /// The address may name the merchant; else the message does.
  private static func merchant(
    of received: ReceivedNotification, _ context: Context
  ) throws -> Merchant {
    let settings = context.gateway.settings
    let merchant =
      if let name = context.path.first {
        MerchantName(name).flatMap(settings.merchant)
      } else {
        settings.merchants.first {
          $0.appID == received.appID && $0.merchantID == received.merchantID
        }
      }
    guard let merchant else { throw UnknownMerchant() }
    return merchant
  }

  /// What WeChat is told of a refusal: short, and the same for everything an attacker might probe.
  static func reason(_ error: any Error) -> String {
    switch error {
    case is NotificationRefusal, is UnknownMerchant: "签名失败"
    case is Quarantined: "订单不符"
    case let refusal as Refusal where refusal.code == .methodNotAllowed: "POST"
    default: "系统繁忙"
    }
  }
}
