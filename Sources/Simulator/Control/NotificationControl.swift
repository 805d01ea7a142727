import Server

/// Notifications by hand, and the log of those that went out by themselves.
extension Control {
  /// More at once would be a test of this machine.
  static let maximumCount: Int64 = 1000

  /// `{"out_trade_no","probe"?,"count"?}`: sends so many at the same moment, and tells each answer.
  func notify(_ request: ControlRequest) throws -> JSON {
    let outTradeNo = try request.text("out_trade_no")
    guard let probe = Probe(rawValue: request.body["probe"]?.string ?? "duplicate") else {
      throw ControlRefusal.missing("probe")
    }
    let count = try request.integer("count", 1, minimum: 1)
    guard count <= Self.maximumCount else { throw ControlRefusal.missing("count") }
    let (order, payment) = try book.read { ledger, now in
      guard let order = ledger.orders[outTradeNo] else { throw ControlRefusal.orderUnknown }
      return (order, order.payment ?? Self.inventedPayment(of: order, now))
    }
    guard probe != .duplicate || order.payment != nil else {
      throw ControlRefusal(409, "NOTPAY", "Nothing was notified that could be repeated.")
    }
    let document = probe.document(payment, order, settings)
    let copies = Array(repeating: document, count: Int(count))
    let sent = notifier.postman.send(
      copies, of: .payment(outTradeNo, probe), to: order.notifyURL)
    return .array(sent.map(Self.json))
  }

  /// What somebody who forges a notification of an unpaid order would claim.
  private static func inventedPayment(of order: Order, _ now: Int64) -> Payment {
    Payment(
      transactionID: Numbers.transactionID(at: now), openID: order.openID, paidAt: now,
      coupons: [], isAnnounced: false)
  }

  static func json(of delivery: Delivery) -> JSON {
    [
      "status": JSON(Int64(delivery.status)), "body": .string(delivery.reply),
      "milliseconds": JSON(delivery.milliseconds), "acked": .bool(delivery.isAcknowledged),
    ]
  }

  /// Scheduled deliveries of all orders or of `?out_trade_no=`, oldest first.
  func listNotifications(_ request: ControlRequest) throws -> JSON {
    let wanted = request.query["out_trade_no"]
    let orders = book.read { ledger, _ in
      ledger.orderNumbers.filter { wanted == nil || $0 == wanted }
        .compactMap { ledger.orders[$0] }
    }
    let deliveries = orders.flatMap { order in order.attempts.map { (attempt: $0, order: order) } }
      .sorted { $0.attempt.at < $1.attempt.at }
    return ["notifications": .array(deliveries.map { Self.json(of: $0.attempt, $0.order) })]
  }

  /// One scheduled delivery; `at` in microseconds since 1970.
  static func json(of attempt: NotificationAttempt, _ order: Order) -> JSON {
    [
      "at": JSON(attempt.at), "out_trade_no": .string(order.outTradeNo),
      "attempt": JSON(Int64(attempt.number)), "status": JSON(Int64(attempt.status)),
      "reply": .string(attempt.reply), "acked": .bool(attempt.isAcknowledged),
    ]
  }
}
