import MariaDB
import Payments
import Store

/// A value that a statement on the shop's tables can name, as `:order_no`.
///
/// It is bound, never written into the statement. Fees are in fen, or as decimal yuan (`19.90`);
/// times as seconds since 1970 for columns of integers, or as `2026-11-21 09:03:11` in Beijing time.
enum ShopParameter: String, CaseIterable, Sendable {
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

  func value(of news: ShopNews) -> Value {
    switch self {
    case .merchant: .text(news.merchant.text)
    case .orderNo: .text(news.order.text)
    case .outTradeNo: .text(orNull: news.outTradeNo?.text)
    case .event: .text(news.event.rawValue)
    case .sequence: .integer(news.sequence)
    case .eventAt: .integer(news.at.seconds)
    case .eventTime: .text(news.at.dateTime)
    case .totalFee: .integer(orNull: news.total?.amount)
    case .totalYuan: .text(orNull: news.total?.yuan)
    case .orderFee: .integer(orNull: news.orderTotal?.amount)
    case .orderYuan: .text(orNull: news.orderTotal?.yuan)
    case .refundedFee: .integer(news.refunded.amount)
    case .refundedYuan: .text(news.refunded.yuan)
    case .transactionID: .text(orNull: news.payment?.transactionID.text)
    case .openID: .text(orNull: news.payment?.payer.text)
    case .paidAt: .integer(orNull: news.payment?.paidAt.seconds)
    case .paidTime: .text(orNull: news.payment?.paidAt.dateTime)
    case .outRefundNo: .text(orNull: news.refund?.number.text)
    case .refundKind: .text(orNull: news.refund?.kind.rawValue)
    case .refundFee: .integer(orNull: news.refund?.amount.amount)
    case .refundYuan: .text(orNull: news.refund?.amount.yuan)
    case .refundReason: .text(orNull: news.refund?.reason)
    case .reviewReason: .text(orNull: news.refund?.reviewReason)
    case .refundID: .text(orNull: news.refund?.refundID?.text)
    }
  }
}

extension Value {
  fileprivate static func text(orNull text: String?) -> Value { text.map(Value.text) ?? .null }
  fileprivate static func integer(orNull integer: Int64?) -> Value {
    integer.map(Value.integer) ?? .null
  }
}

extension Fen {
  /// `19.90`, as a DECIMAL column takes it.
  fileprivate var yuan: String { String(description.dropFirst()) }
}

extension BeijingTime {
  /// `2026-11-21 09:03:11`, as a DATETIME column takes it.
  fileprivate var dateTime: String { String(rfc3339.prefix(19).replacing("T", with: " ")) }
}
