import Linux
package import MariaDB
package import Payments

/// How far the shop has been told what happened to its orders (投递).
///
/// Each channel is told the events of an order in their order and each at least once: the next one
/// only when the one before has arrived, or was given up. Whoever tells holds the duty `delivery` of
/// the order.
package struct Deliveries: Sendable {
  let database: Database

  package init(_ database: Database) { self.database = database }

  /// For how long the telling of an event is tried. WeChat itself gives a shop one day.
  package static let patienceSeconds: Int64 = 3 * 86_400

  /// An event that a channel is to be told now.
  package struct Pending: Sendable {
    package let news: ShopNews
    package let channel: ShopChannel
    /// How often it was tried in vain.
    package let attempts: Int
    let triedAt: BeijingTime?

    /// Whether nothing is known of an earlier try.
    package var isFirstTry: Bool { triedAt == nil }

    /// How long it has yet to wait since it was last tried in vain; 0 when it may be told.
    ///
    /// A duty comes up for many reasons: another channel's turn, a new event.
    package func secondsLeft(at now: BeijingTime) -> Int64 {
      guard attempts > 0, let triedAt else { return 0 }
      let pause = dueAfter(seconds: Patience.delivery.seconds(attempt: attempts, percent: 0))
      let left = triedAt.microseconds + pause - now.microseconds
      // A clock that was set back must not keep the shop waiting.
      guard (0...pause).contains(left) else { return 0 }
      return secondsUntilDue(microseconds: left)
    }
  }

  /// The oldest event of an order that a channel has not been told yet.
  ///
  /// - Returns: `nil` when it knows everything.
  /// - Throws: `LeaseLost` when the duty is somebody else's by now, who tells it.
  package func next(
    _ channel: ShopChannel, of events: Set<ShopEvent>, _ merchant: MerchantName,
    _ order: OutTradeNo, _ duty: Duty, until deadline: ContinuousClock.Instant
  ) throws -> Pending? {
    try database.transaction(until: deadline) { connection in
      try connection.hold(duty)
      let names = events.map(\.rawValue).sorted()
      let row = try connection.query(
        """
        SELECT \(ShopNews.columns), COALESCE(d.attempts, 0) AS attempts, d.at AS tried_at
        FROM \(ShopNews.tables)
        LEFT JOIN delivery d ON d.merchant = e.merchant AND d.order_no = e.order_no
          AND d.seq = e.seq AND d.channel = ?
        WHERE e.merchant = ? AND e.order_no = ? AND COALESCE(d.state, 'pending') = 'pending'
          AND e.event IN (\(names.map { _ in "?" }.joined(separator: ", ")))
        ORDER BY e.seq LIMIT 1
        """,
        [.text(channel.rawValue), .text(merchant.text), .text(order.text)] + names.map(Value.text)
      ).first
      guard let row else { return nil }
      let columns = Columns(table: "event", row: row)
      return Pending(
        news: try ShopNews(columns), channel: channel,
        attempts: Int(try row.integer("attempts")), triedAt: try columns.time("tried_at"))
    }
  }

  /// Records that an event has arrived. It is true whoever says it: no lease is asked for.
  ///
  /// - Parameters:
  ///   - remark: what a person should know of how it was taken.
  ///   - isRemarkable: whether the order's history tells of it: not when a repetition explains it.
  package func recordArrived(
    _ pending: Pending, remark: String? = nil, isRemarkable: Bool = false, by act: Act
  ) throws {
    let news = pending.news
    let remark = remark?.abridged(to: 255)
    try database.transaction(until: act.deadline) { connection in
      let now = Value.integer(act.now.microseconds)
      try connection.execute(
        """
        INSERT INTO delivery (merchant, order_no, seq, channel, state, attempts, since, at, remark)
        VALUES (?, ?, ?, ?, 'delivered', 0, ?, ?, ?)
        ON DUPLICATE KEY UPDATE state = 'delivered', at = ?, remark = ?
        """,
        pending.key + [now, now, Value(remark), now, Value(remark)])
      guard let remark, isRemarkable else { return }
      let line = JournalLine(
        merchant: news.merchant, order: news.order, outTradeNo: news.outTradeNo,
        refund: news.refund?.number, event: "delivered_without_effect",
        detail: "\(pending.channel.rawValue) was told event \(news.sequence),"
          + " \(news.event.rawValue): \(remark)")
      if try !connection.holds(line) { try connection.record(line, by: act) }
    }
  }

  /// Records that an event did not arrive.
  ///
  /// - Returns: `dead` when it was tried for long enough, so that the order's next event may be told.
  /// - Throws: `LeaseLost`.
  package func recordFailed(
    _ pending: Pending, remark: String, _ duty: Duty, by act: Act
  ) throws -> DeliveryState {
    let news = pending.news
    let remark = remark.abridged(to: 255)
    return try database.transaction(until: act.deadline) { connection in
      try connection.execute(
        """
        INSERT INTO delivery (merchant, order_no, seq, channel, state, attempts, since, at, remark)
        VALUES (?, ?, ?, ?, 'pending', 1, ?, ?, ?)
        ON DUPLICATE KEY UPDATE attempts = attempts + 1, at = ?, remark = ?
        """,
        pending.key + [
          .integer(act.now.microseconds), .integer(act.now.microseconds), .text(remark),
          .integer(act.now.microseconds), .text(remark),
        ])
      let isGivenUp = try connection.execute(
        """
        UPDATE delivery SET state = 'dead' WHERE merchant = ? AND order_no = ? AND seq = ?
          AND channel = ? AND state = 'pending' AND since <= ?
        """,
        pending.key + [
          .integer(act.now.microseconds - dueAfter(seconds: Self.patienceSeconds))
        ])
      if isGivenUp == 1 {
        let line = JournalLine(
          merchant: news.merchant, order: news.order, outTradeNo: news.outTradeNo,
          refund: news.refund?.number, event: "undelivered",
          detail: "\(pending.channel.rawValue) could not be told event \(news.sequence), "
            + "\(news.event.rawValue), for three days; the last time: \(remark)")
        try connection.record(line, by: act)
      }
      try connection.hold(duty)
      return isGivenUp == 1 ? .dead : .pending
    }
  }
}

/// What has become of the telling of an event.
package enum DeliveryState: String, CaseIterable, Sendable {
  /// It was tried in vain and is tried again.
  case pending
  case delivered
  /// It was given up after `Deliveries.patienceSeconds`; a person can have it sent again.
  case dead
}

extension Deliveries.Pending {
  fileprivate var key: [Value] {
    [
      .text(news.merchant.text), .text(news.order.text), .integer(news.sequence),
      .text(channel.rawValue),
    ]
  }
}
