package import Payments

/// What the mini-program hands to `wx.requestPayment` (调起支付), signed once more (再次签名).
///
/// Every value is a string; names are the wire's. All of them are the gateway's choice: a client
/// that could choose one would have an oracle for signatures.
package struct RequestPayment: Sendable, Equatable {
  /// The merchant's; signed, but not a parameter of `wx.requestPayment`.
  package let appId: String
  /// Seconds since 1970.
  package let timeStamp: String
  /// 1 to 32 letters and digits.
  package let nonceStr: String
  /// `prepay_id=` and the prepay session.
  package let package: String
  /// The algorithm of the unified order; another one opens no cashier.
  package let signType: String
  /// 32 upper-case hexadecimal digits for MD5, 64 for HMAC-SHA256.
  package let paySign: String

  /// - Parameters:
  ///   - signType: the unified order's; the merchant's unless said otherwise.
  ///   - nonce: 1 to 32 letters and digits.
  package init(
    prepayID: PrepayID, merchant: Merchant, signType: SignType? = nil, now: BeijingTime,
    nonce: String = Nonce.make()
  ) {
    let signType = signType ?? merchant.signType
    appId = merchant.appID.text
    timeStamp = String(now.seconds)
    nonceStr = nonce
    package = "prepay_id=\(prepayID)"
    self.signType = signType.rawValue
    paySign = Signature.make(
      [
        "appId": appId, "timeStamp": timeStamp, "nonceStr": nonceStr, "package": package,
        "signType": self.signType,
      ], key: merchant.apiKey, type: signType)
  }
}
