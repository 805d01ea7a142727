/// What a verified message of WeChat says about a payment: a notification (支付结果通知) or the
/// answer to an orderquery (查单) whose `trade_state` is SUCCESS or REFUND.
package struct PaymentProof: Sendable, Equatable {
  /// The application that the message names; compared with the merchant's when it is recorded.
  package let appID: AppID
  /// The merchant that the message names; compared likewise.
  package let merchantID: MerchantID
  /// The attempt that was paid.
  package let outTradeNo: OutTradeNo
  package let transactionID: TransactionID
  /// Who paid.
  package let openID: OpenID
  /// `total_fee`, never `cash_fee`: a buyer with coupons pays less cash for the same order.
  package let total: Fen
  /// `fee_type`; absent on the wire means `CNY`.
  package let currency: String
  /// `time_end` (支付完成时间).
  package let paidAt: BeijingTime

  package init(
    appID: AppID, merchantID: MerchantID, outTradeNo: OutTradeNo, transactionID: TransactionID,
    openID: OpenID, total: Fen, currency: String, paidAt: BeijingTime
  ) {
    self.appID = appID
    self.merchantID = merchantID
    self.outTradeNo = outTradeNo
    self.transactionID = transactionID
    self.openID = openID
    self.total = total
    self.currency = currency
    self.paidAt = paidAt
  }
}
