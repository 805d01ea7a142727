/// What a request or a notification is about, as far as it tells.
struct FaultSubject: Equatable, Sendable {
  var outTradeNo: String?
  var outRefundNo: String?

  /// The order and the refund that a request names by any of their numbers.
  init(of message: Message, _ ledger: Ledger) {
    let refund =
      message["refund_id"].flatMap { ledger.refunds.refund(refundID: $0) }
      ?? message["out_refund_no"].flatMap { ledger.refunds.byNumber[$0] }
    outRefundNo = refund?.outRefundNo ?? message["out_refund_no"]
    if let transactionID = message["transaction_id"] {
      outTradeNo = ledger.order(transactionID: transactionID)?.outTradeNo
    } else {
      outTradeNo = message["out_trade_no"] ?? refund?.outTradeNo
    }
  }

  init(outTradeNo: String? = nil, outRefundNo: String? = nil) {
    self.outTradeNo = outTradeNo
    self.outRefundNo = outRefundNo
  }
}
