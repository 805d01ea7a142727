package import Payments

/// A merchant as WeChat knows it, with what proves it. Printing it shows no secret.
package struct Merchant: Sendable {
  /// The name in the configuration.
  package let name: MerchantName
  /// The mini-program (应用ID).
  package let appID: AppID
  /// The mini-program's AppSecret: proves us at login, signs nothing.
  package let appSecret: Secret
  /// The number at WeChat Pay (商户号).
  package let merchantID: MerchantID
  /// Signs and verifies every message (API密钥).
  package let apiKey: APIKey
  /// The algorithm of every message, in both directions.
  package let signType: SignType
  /// Where WeChat posts payment notifications (通知地址): https, without a query, up to 256 bytes.
  package let notifyURL: String
  /// Where WeChat posts refund notifications; `nil` leaves it to the merchant platform's setting.
  package let refundNotifyURL: String?
  /// From which money a refund is drawn that WeChat has refused with NOTENOUGH; `nil`: it waits.
  package let refundAccountFallback: RefundAccount?
  /// What to do with money that comes after its order was closed, or was paid already.
  package let latePayment: LatePayment
  /// How much one token may refund directly in a day; `nil`: any amount.
  package let refundLimitPerDay: Fen?

  package init(
    name: MerchantName, appID: AppID, appSecret: Secret, merchantID: MerchantID, apiKey: APIKey,
    signType: SignType, notifyURL: String, refundNotifyURL: String?,
    refundAccountFallback: RefundAccount? = nil, latePayment: LatePayment = .accept,
    refundLimitPerDay: Fen? = nil
  ) {
    self.name = name
    self.appID = appID
    self.appSecret = appSecret
    self.merchantID = merchantID
    self.apiKey = apiKey
    self.signType = signType
    self.notifyURL = notifyURL
    self.refundNotifyURL = refundNotifyURL
    self.refundAccountFallback = refundAccountFallback
    self.latePayment = latePayment
    self.refundLimitPerDay = refundLimitPerDay
  }
}

/// What a merchant has settled for late payments.
package enum LatePayment: String, CaseIterable, Sendable {
  /// The order is paid; a person looks at the alarm.
  case accept
  /// The money goes back at once.
  case refund
}
