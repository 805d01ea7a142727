import OpenSSL
package import Payments

extension Merchant {
  /// A refund notification (退款结果通知) in WeChat's form, of a refund that WeChat told us of when
  /// asked and whose own notification never came.
  ///
  /// For the shop's own script, which knows no other way to hear of it. What nobody has told us is
  /// empty.
  ///
  /// - Parameters:
  ///   - outTradeNo: the payment attempt's number, about which WeChat was asked.
  ///   - total: what was paid.
  package func remadeNotification(
    of record: RefundRecord, outTradeNo: OutTradeNo, transactionID: TransactionID, total: Fen,
    source: RefundSource
  ) -> [UInt8] {
    let (details, status) = (record.details, record.status.word)
    let inner = Fields([
      ("out_refund_no", record.outRefundNo.text), ("out_trade_no", outTradeNo.text),
      ("refund_account", details.account ?? ""), ("refund_fee", "\(record.amount.amount)"),
      ("refund_id", record.refundID.text), ("refund_recv_accout", details.receivingAccount ?? ""),
      ("refund_request_source", source.rawValue), ("refund_status", status),
      // A notification always names what is settled; an answer, only where coupons make it less.
      ("settlement_refund_fee", details.settlementAmount ?? "\(record.amount.amount)"),
      ("settlement_total_fee", details.settlementTotal ?? "\(total.amount)"),
      ("success_time", record.succeededAt?.spaced ?? ""), ("total_fee", "\(total.amount)"),
      ("transaction_id", transactionID.text),
    ])
    // The same message each time, as a repetition of WeChat's is.
    let nonce = hexadecimal(sha256(Array("\(record.refundID.text) \(status)".utf8))).prefix(32)
    return FlatXML.write([
      "return_code": "SUCCESS", "appid": appID.text, "mch_id": merchantID.text,
      "nonce_str": String(nonce), "req_info": RefundNotification.encrypt(inner, key: apiKey),
    ])
  }
}

/// Who applied for a refund (退款发起来源), as `refund_request_source` has it.
package enum RefundSource: String, Sendable {
  /// A program with the merchant's key and certificate.
  case api = "API"
  /// A person on the merchant platform (商户平台).
  case vendorPlatform = "VENDOR_PLATFORM"
}
