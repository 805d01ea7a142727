import Payments
import Server
import Store

/// An event of an order as JSON.
///
/// Names are only ever added. Source of the outer shape: Standard Webhooks, Payload structure.
struct ShopMessage {
  /// The same however often the event is told: `main:20261121-0007:3`.
  let id: String
  let body: [UInt8]

  init(_ news: ShopNews) {
    id = "\(news.merchant):\(news.order):\(news.sequence)"
    let json: JSON = [
      "type": .string(news.event.rawValue), "timestamp": .string(news.at.rfc3339),
      "data": [
        "merchant": .string(news.merchant.text), "order_no": .string(news.order.text),
        "sequence": JSON(news.sequence), "out_trade_no": JSON(news.outTradeNo?.text),
        "total_fee": JSON(news.total?.amount), "order_fee": JSON(news.orderTotal?.amount),
        "alarms": .array(news.alarms.map { JSON($0.rawValue) }),
        "refunded_fee": JSON(news.refunded.amount),
        "openid": JSON(news.payment?.payer.text),
        "transaction_id": JSON(news.payment?.transactionID.text),
        "paid_at": JSON(news.payment?.paidAt.rfc3339), "refund": JSON(news.refund),
      ],
    ]
    body = json.bytes
  }
}

extension ShopMessage {
  /// Tells of nothing: the receiver checks the signature and answers 200.
  init(pingOf merchant: MerchantName, at now: BeijingTime) {
    id = "\(merchant):ping:\(now.microseconds)"
    let json: JSON = [
      "type": "ping", "timestamp": .string(now.rfc3339),
      "data": ["merchant": .string(merchant.text)],
    ]
    body = json.bytes
  }
}

extension JSON {
  fileprivate init(_ refund: ShopNews.RefundFacts?) {
    guard let refund else {
      self = .null
      return
    }
    self = [
      "out_refund_no": .string(refund.number.text), "refund_id": JSON(refund.refundID?.text),
      "refund_fee": JSON(refund.amount.amount), "kind": .string(refund.kind.rawValue),
      "reason": .string(refund.reason), "review_reason": JSON(refund.reviewReason),
      "succeeded_at": JSON(refund.succeededAt?.rfc3339),
    ]
  }
}
