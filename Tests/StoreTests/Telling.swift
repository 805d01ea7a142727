import MariaDB
import Payments
import Store
import Testing

/// What a test needs to have a shop told something.
extension Shop {
  var deliveries: Deliveries { Deliveries(database) }

  /// An order that WeChat has confirmed by a notification.
  func notified(_ number: String = "20261121-7") throws -> PaymentAttempt {
    let attempt = try unpaid(number)
    _ = try notifications.record(
      [message(proof(attempt), "<xml>\(number)</xml>")], by: act("wechat-notify"))
    return try #require(try attempts.find(merchant, attempt.outTradeNo, until: soon))
  }

  /// Sends an approved refund and has WeChat report its end.
  func finish(_ number: String, _ event: RefundEvent) throws {
    let duty = try take(number)
    let sent = try turn(try refund(number), duty)
    _ = try refunds.record(
      try news(
        event, amount: sent.amount.amount, refundID: "50000\(number)",
        at: event == .succeeded ? BeijingTime(microseconds: 1_795_223_000_000_000) : nil),
      of: sent, by: act("wechat-query"))
    try duties.finish(duty, .done, until: soon)
  }

  /// The order's events as `1 paid`.
  func events(_ number: String = "20261121-7") throws -> [String] {
    try database.withConnection(until: soon) { connection in
      try connection.query(
        "SELECT seq, event FROM event WHERE order_no = ? ORDER BY seq", [.text(number)]
      ).map { "\(try $0.integer("seq")) \(try $0.text("event"))" }
    }
  }

  /// Takes the duty to tell of an order.
  func telling(_ number: String = "20261121-7") throws -> Duty {
    try #require(try duties.take(.delivery, merchant, number, until: soon))
  }

  func next(
    _ duty: Duty, on channel: ShopChannel = .webhook,
    of events: Set<ShopEvent> = Set(ShopEvent.allCases)
  ) throws -> Deliveries.Pending? {
    try deliveries.next(
      channel, of: events, merchant, OutTradeNo(duty.subject)!, duty, until: soon)
  }
}
