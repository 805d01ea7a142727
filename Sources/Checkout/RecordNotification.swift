import Linux
package import Payments
import Store
package import WeChatPay

/// Takes in what WeChat says by itself: that a buyer has paid (支付结果通知), that a refund has come to
/// an end (退款结果通知). No call to WeChat here.
package struct RecordNotification {
  private let services: Services
  private let request: (id: String?, clientAddress: String?)
  private let deadline: ContinuousClock.Instant

  package init(
    _ services: Services, requestID: String?, clientAddress: String?,
    deadline: ContinuousClock.Instant
  ) {
    self.services = services
    request = (requestID, clientAddress)
    self.deadline = deadline
  }

  private var act: Act {
    services.logged(
      Act(
        actor: "wechat-notify", requestID: request.id, clientAddress: request.clientAddress,
        deadline: deadline))
  }

  /// Stores a payment notification and applies what it proves; once this has returned it is committed.
  ///
  /// - Throws: `NotificationRefusal` when it is not genuine, or not the merchant's.
  /// - Returns: the contradiction to our records that a person must look at; `nil` without one.
  package func record(
    _ received: ReceivedNotification, _ body: [UInt8], of merchant: Merchant
  ) throws -> Alarm? {
    let notification = try received.verified(with: merchant)
    let message = Notifications.Message(
      proof: notification.proof.map {
        VerifiedProof(
          $0, merchant: merchant.name, appID: merchant.appID, merchantID: merchant.merchantID)
      },
      merchant: merchant.name, body: body, content: notification.fields.canonical)
    let outcomes = try services.notifications.record([message], by: act)
    crashPoint("N4")
    // A second transaction of a paid order is recorded for a person; hearing of it again helps nobody.
    for case .quarantined(let alarm)? in outcomes where alarm != .transactionMismatch {
      return alarm
    }
    return nil
  }

  /// Stores a refund notification, which bears no signature and proves nothing: what it names is
  /// asked about, by a duty.
  ///
  /// - Throws: `NotificationRefusal` when it does not decrypt to a message.
  /// - Returns: whether it names a refund or payment of ours.
  package func record(
    _ notification: RefundNotification, _ body: [UInt8], of merchant: Merchant
  ) throws -> Bool {
    let hint = try notification.decrypted(with: merchant.apiKey)
    let isOurs = try services.notifications.record(
      Notifications.Hint(
        merchant: merchant.name, outTradeNo: hint.outTradeNo, transactionID: hint.transactionID,
        outRefundNo: hint.outRefundNo, total: hint.total, amount: hint.amount, body: body,
        content: hint.content), by: act)
    crashPoint("R8")
    return isOurs
  }
}
