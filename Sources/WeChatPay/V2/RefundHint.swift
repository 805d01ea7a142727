package import Payments

/// What a refund notification says, once decrypted.
///
/// A hint to ask WeChat about the refund, and no proof: the message bears no signature, and parts of
/// old ones can be put together anew without the key.
package struct RefundHint: Sendable, Equatable {
  /// WeChat's number of the payment (微信支付订单号).
  package let transactionID: TransactionID
  /// The number of the payment attempt (商户订单号).
  package let outTradeNo: OutTradeNo
  /// The refund's number (商户退款单号): ours, or another's choice when a person made the refund;
  /// `nil` when it is of a shape that ours cannot have.
  package let outRefundNo: OutRefundNo?
  /// WeChat's number of the refund (微信退款单号).
  package let refundID: RefundID
  /// The order total (订单总金额).
  package let total: Fen
  /// What is paid back (退款金额).
  package let amount: Fen
  package let status: RefundStatus
  /// All that was decrypted: the same for two messages that say the same.
  package let content: [UInt8]

  init(_ fields: Fields) throws(FieldRefusal) {
    content = fields.canonical
    transactionID = try fields.value("transaction_id", TransactionID.init)
    outTradeNo = try fields.value("out_trade_no", OutTradeNo.init)
    let number = try fields.value("out_refund_no") { $0.isEmpty ? nil : $0 }
    outRefundNo = OutRefundNo(number)
    refundID = try fields.value("refund_id", RefundID.init)
    total = try fields.value("total_fee") { Fen(digits: $0) }
    amount = try fields.value("refund_fee") { Fen(digits: $0) }
    status = try fields.value("refund_status") { $0.isEmpty ? nil : RefundStatus(word: $0) }
  }
}
