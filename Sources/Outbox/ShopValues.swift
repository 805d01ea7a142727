import Configuration
import MariaDB
import Payments
import Store

extension ShopStatement {
  /// What the parameters stand for.
  func values(of news: ShopNews) -> [Value] { parameters.map { $0.value(of: news) } }
}

extension ShopParameter {
  fileprivate func value(of news: ShopNews) -> Value {
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
