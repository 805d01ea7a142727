import OpenSSL
package import Payments

extension Merchant {
  /// A payment notification (支付结果通知) in WeChat's form, of a payment that WeChat confirmed when
  /// asked and whose own notification never came.
  ///
  /// For the shop's own script, which knows no other way to hear of it. What nobody has told us is
  /// left out, or `OTHERS` for the bank.
  package func remadeNotification(
    outTradeNo: OutTradeNo, transactionID: TransactionID, payer: OpenID, total: Fen,
    paidAt: BeijingTime, attach: String?
  ) -> [UInt8] {
    var fields = Fields([
      ("appid", appID.text), ("bank_type", "OTHERS"), ("cash_fee", "\(total.amount)"),
      ("fee_type", "CNY"), ("is_subscribe", "N"), ("mch_id", merchantID.text),
      // The same message each time, as a repetition of WeChat's is.
      ("nonce_str", String(hexadecimal(sha256(Array(transactionID.text.utf8))).prefix(32))),
      ("openid", payer.text), ("out_trade_no", outTradeNo.text), ("result_code", "SUCCESS"),
      ("return_code", "SUCCESS"), ("time_end", paidAt.compact), ("total_fee", "\(total.amount)"),
      ("trade_type", "JSAPI"), ("transaction_id", transactionID.text),
    ])
    if let attach { fields["attach"] = attach }
    fields["sign"] = Signature.make(fields, key: apiKey, type: signType)
    return FlatXML.write(fields)
  }
}
