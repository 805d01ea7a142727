import Payments

/// A value that a statement on the shop's tables can name, as `:order_no`.
///
/// It is bound, never written into the statement. Fees are in fen, or as decimal yuan (`19.90`);
/// times as seconds since 1970 for columns of integers, or as `2026-11-21 09:03:11` in Beijing time.
package enum ShopParameter: String, CaseIterable, Sendable {
  case merchant
  case orderNo = "order_no"
  case outTradeNo = "out_trade_no"
  case event
  case sequence
  case eventAt = "event_at"
  case eventTime = "event_time"
  case totalFee = "total_fee"
  case totalYuan = "total_yuan"
  case orderFee = "order_fee"
  case orderYuan = "order_yuan"
  case refundedFee = "refunded_fee"
  case refundedYuan = "refunded_yuan"
  case transactionID = "transaction_id"
  case openID = "openid"
  case paidAt = "paid_at"
  case paidTime = "paid_time"
  case outRefundNo = "out_refund_no"
  case refundKind = "refund_kind"
  case refundFee = "refund_fee"
  case refundYuan = "refund_yuan"
  case refundReason = "refund_reason"
  case reviewReason = "review_reason"
  case refundID = "refund_id"

  /// Whether an event of this kind has such a value; it may still be unknown, and is NULL then.
  func isKnown(to event: ShopEvent) -> Bool {
    switch self {
    case .merchant, .orderNo, .outTradeNo, .event, .sequence, .eventAt, .eventTime, .totalFee,
      .totalYuan, .refundedFee, .refundedYuan:
      true
    case .transactionID, .openID, .paidAt, .paidTime, .orderFee, .orderYuan: event != .closed
    case .outRefundNo, .refundKind, .refundFee, .refundYuan, .refundReason: event.isAboutRefund
    case .reviewReason: event.isAboutRefund && event != .refundApplied
    case .refundID: [.refundSucceeded, .refundClosed, .refundAbnormal].contains(event)
    }
  }

  /// Whether it tells one order, payment or refund from all others.
  var isIdentifying: Bool {
    [.orderNo, .outTradeNo, .transactionID, .outRefundNo, .refundID].contains(self)
  }
}
