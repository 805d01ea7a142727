import Payments
import Store

/// An order's history in words, for the person who has the buyer on the phone.
struct OrderStory {
  let record: OrderRecord
  let refunds: OrderRefunds
  let timeline: Journal.Page
  /// What the shop was told with a remark, or has not been told.
  var deliveries: [DeliveryRecord] = []
  let now: BeijingTime

  var text: String { lines.joined(separator: "\n") }

  var lines: [String] {
    let entries = timeline.entries
    let history = entries.isEmpty ? ["  nothing has been recorded yet"] : entries.flatMap(lines)
    let older = timeline.older.map {
      ["  older entries are left out: GET merchant/orders/NO?timeline_cursor=\($0)"]
    }
    return [title] + details + [""] + (older ?? []) + history + [""] + alarms + [waiting]
      + refunds.refunds.map(waiting) + (refunds.older == nil ? [] : ["Older refunds are left out."])
      + deliveries.map(telling)
  }

  private var title: String {
    let returned = refunded > .zero ? ", \(refunded) of it refunded (已退)" : ""
    return "Order \(record.order.number) of merchant \(record.order.merchant):"
      + " \(record.state.rawValue), \(paid)\(returned)"
  }

  /// What was paid; before that, what the shop wants to be paid.
  private var paid: Fen {
    guard let attempt = record.attempt, attempt.state == .paid else { return record.order.total }
    return attempt.total
  }

  /// What WeChat has returned to the buyer.
  private var refunded: Fen { Fen(refunds.refunded) ?? .zero }

  private var details: [String] {
    var details = [goods]
    if let openID = record.attempt?.openID ?? record.order.openID {
      details.append("  buyer        \(openID.masked)")
    }
    if let transaction = record.attempt?.transactionID {
      details.append("  transaction  \(transaction)")
    }
    return details + ["  times        Beijing time (UTC+8)"]
  }

  private var goods: String {
    switch record.shopRow {
    case .present: "  goods        \(record.order.body)"
    case .gone: "  goods        unknown: the order's row is no longer in shop_order"
    case .unusable(let row): "  goods        unknown: \(row)"
    }
  }

  /// One entry: when, from which state to which, by whom; then why.
  private func lines(_ entry: JournalEntry) -> [String] {
    let change =
      switch (entry.from, entry.to) {
      case (let from?, let to?) where from != to: "\(from) → \(to)"
      default: entry.event
      }
    let refund = entry.outRefundNo.map { " (refund \($0))" }
    let attempt = entry.outTradeNo.flatMap { $0 == record.order.number.text ? nil : " (\($0))" }
    let origin = [
      entry.requestID.map { "request \($0)" }, entry.clientAddress.map { "from \($0)" },
    ].compactMap { $0 }
    return [
      "  \(entry.at.readable)  \(change)\(refund ?? attempt ?? ""), by \(entry.by)",
      "                           \(entry.detail)",
    ] + (origin.isEmpty ? [] : ["                           \(origin.joined(separator: ", "))"])
  }

  private var alarms: [String] {
    record.alarms.map { "Look: \($0.sentence) (\($0.rawValue); weixinpay alarm list)" }
  }

  private func telling(_ delivery: DeliveryRecord) -> String {
    "Telling the shop \(delivery.event.rawValue) by \(delivery.channel.rawValue):"
      + " \(delivery.state.rawValue)\(delivery.remark.map { ", \($0)" } ?? "")."
  }

  /// What has to happen next, and who can make it happen.
  var waiting: String {
    let number = record.attempt?.outTradeNo.text ?? record.order.number.text
    return switch (record.state, record.attempt) {
    case (.created, nil):
      isExpired
        ? "Waiting for nothing: it was to be paid until \(expiry), and nobody tried."
        : "Waiting for the buyer: no payment has been opened here yet\(deadline).\(onlyPayer)"
    case (.created, _?):
      "Waiting for WeChat's word on \(number): it may or may not have got the order. Asked again"
        + " by itself, and when the buyer looks at the order or pays."
    case (.unpaid, let attempt?) where attempt.isPayable(at: now):
      "Waiting for the buyer, who sees WeChat's cashier"
        + (attempt.prepayExpiresAt.map { " until \($0.readable)" } ?? "") + "."
    case (.unpaid, _):
      "Waiting for the buyer to press pay again: the cashier of \(number) has closed."
    case (.paid, _) where refunds.refunds.contains(where: \.isOpen):
      "It is paid; what is refunded of it, and where that stands:"
    case (.paid, _) where refunded > .zero:
      "Waiting for nothing: it is paid, and \(refunded) went back to the buyer."
    case (.paid, _): "Waiting for nothing: it is paid."
    case (.closed, let attempt?) where attempt.closing == .merchant:
      "Waiting for nothing: the merchant closed it."
    case (.closed, _):
      isExpired
        ? "Waiting for nothing: it was to be paid until \(expiry), and nobody did."
        : "Waiting for the buyer, who may press pay for a new attempt\(deadline)."
    }
  }

  /// Where a refund stands, and who can make it go on.
  private func waiting(_ refund: Refund) -> String {
    let remark = refund.remark.map { " (\($0))" } ?? ""
    return "Refund \(refund.number), \(refund.amount): \(refund.next)\(remark)."
  }

  private var onlyPayer: String {
    guard let openID = record.order.openID else { return "" }
    return " Only \(openID.masked) can pay it, as the order says; an openid belongs to one appid."
  }

  private var isExpired: Bool { record.order.expiresAt.map { $0 <= now } ?? false }
  private var expiry: String { record.order.expiresAt?.readable ?? "" }
  private var deadline: String { expiry.isEmpty ? "" : " and has time until \(expiry)" }
}

extension PaymentAttempt {
  fileprivate func isPayable(at now: BeijingTime) -> Bool {
    prepayExpiresAt.map { now < $0 } ?? false
  }
}

extension BeijingTime {
  /// `2026-11-21 09:03:11.020`.
  fileprivate var readable: String {
    rfc3339.prefix(23).split(separator: "T").joined(separator: " ")
  }
}

extension OpenID {
  /// The first and last 4 characters: enough to compare, too little to act with.
  fileprivate var masked: String {
    text.utf8.count > 8 ? "\(text.prefix(4))…\(text.suffix(4))" : "…"
  }
}

extension Refund {
  /// Whether something is still to come of it.
  fileprivate var isOpen: Bool {
    switch state {
    case .applied, .awaitingGoods, .approved, .sending, .processing, .abnormal: true
    case .succeeded, .closed, .rejected, .withdrawn, .refused: false
    }
  }
}
