package import Payments
package import Server
package import Store
import WeChatPay

/// An order as the merchant API shows it, with its history; `order show --json` prints the same.
package func merchantView(
  of record: OrderRecord, refunds: OrderRefunds, timeline: Journal.Page, now: BeijingTime
) -> JSON {
  OrderView(record, refunds: refunds, now: now).forMerchant(timeline)
}

/// An order as the merchant API shows it in a list; `order list --json` prints the same.
package func merchantView(of record: OrderRecord, refunds: OrderRefunds, now: BeijingTime) -> JSON {
  OrderView(record, refunds: refunds, now: now).forMerchant
}

/// An order as the world outside sees it. Amounts are in fen, times in Beijing time.
struct OrderView {
  private let record: OrderRecord
  private let refunds: OrderRefunds
  private let now: BeijingTime

  init(_ record: OrderRecord, refunds: OrderRefunds, now: BeijingTime) {
    self.record = record
    self.refunds = refunds
    self.now = now
  }

  private func refundMembers(_ view: (RefundView) -> JSON) -> [JSON.Member] {
    Self.members([
      "refunds": .array(refunds.refunds.map { view(RefundView($0, now: now)) }),
      "refunds_cursor": JSON(refunds.older?.text),
    ])
  }

  private var attempt: PaymentAttempt? { record.attempt }

  /// What was paid; before that, what the shop wants to be paid.
  private var total: Fen {
    guard let attempt, attempt.state == .paid else { return record.order.total }
    return attempt.total
  }

  /// Without openid, body, attach and timeline.
  var forBuyer: JSON { .object(common + state + refundMembers(\.forBuyer)) }

  /// As in a list: without timeline.
  var forMerchant: JSON {
    .object(common + confidential + state + refundMembers(\.ofOrder))
  }

  func forMerchant(_ timeline: Journal.Page) -> JSON {
    .object(
      common + confidential + state + refundMembers(\.ofOrder)
        + Self.members([
          "timeline": .array(timeline.entries.map(\.json)),
          "timeline_cursor": JSON(timeline.older.map { "\($0)" }),
        ]))
  }

  private static func members(_ pairs: KeyValuePairs<String, JSON>) -> [JSON.Member] {
    pairs.map { JSON.Member(name: $0.key, value: $0.value) }
  }

  private var common: [JSON.Member] {
    Self.members([
      "out_trade_no": JSON(attempt?.outTradeNo ?? record.order.number),
      "order_no": JSON(record.order.number),
      "merchant": JSON(record.order.merchant),
      "state": JSON(record.state.rawValue),
      "total_fee": JSON(total.amount),
      "refunded_fee": JSON(refunds.refunded),
    ])
  }

  private var confidential: [JSON.Member] {
    Self.members([
      "openid": JSON(record.order.openID ?? attempt?.openID),
      "body": JSON(text.body), "attach": JSON(text.attach),
    ])
  }

  /// As the shop's row has it; when that is gone, as WeChat was told.
  private var text: (body: String?, attach: String?) {
    if case .present = record.shopRow { return (record.order.body, record.order.attach) }
    let sent = try? attempt.map { try UnifiedOrder(stored: $0.parameters) }
    return (sent?.body, sent?.attach)
  }

  private var state: [JSON.Member] {
    Self.members([
      "transaction_id": JSON(attempt?.transactionID),
      "paid_at": JSON(attempt?.paidAt),
      "created_at": JSON(record.createdAt),
      "expires_at": JSON(record.order.expiresAt),
      "alarms": .array(record.alarms.map { JSON($0.rawValue) }),
    ])
  }
}

extension JSON {
  init(_ identifier: (any Identifier)?) { self.init(identifier?.text) }
  init(_ time: BeijingTime?) { self.init(time?.rfc3339) }
}

extension JournalEntry {
  var json: JSON {
    [
      "at": JSON(at), "event": JSON(event), "from": JSON(from), "to": JSON(to),
      "out_trade_no": JSON(outTradeNo), "out_refund_no": JSON(outRefundNo), "by": JSON(by),
      "detail": JSON(detail), "request_id": JSON(requestID),
    ]
  }
}
