import MariaDB
package import Payments

/// A delivery as its operator sees it.
package struct DeliveryRecord: Sendable, Equatable {
  package let order: OutTradeNo
  package let sequence: Int64
  package let event: ShopEvent
  package let channel: ShopChannel
  package let state: DeliveryState
  /// How often it was tried in vain.
  package let attempts: Int
  /// When it was last tried; when it happened, if it was not tried yet.
  package let at: BeijingTime
  /// Why it did not arrive, or what is remarkable about how it was taken.
  package let remark: String?

  /// When it is tried next, at the earliest; `nil` when it is not.
  package var nextTry: BeijingTime? {
    guard state == .pending else { return nil }
    guard attempts > 0 else { return at }
    return at.adding(seconds: Patience.delivery.seconds(attempt: attempts, percent: 0))
  }

  fileprivate init(_ columns: Columns) throws {
    guard let at = try columns.time("at") else { throw columns.unusable("at") }
    order = try columns.value("order_no", OutTradeNo.init)
    sequence = try columns.row.integer("seq")
    event = try columns.value("event", ShopEvent.init(rawValue:))
    channel = try columns.value("channel", ShopChannel.init(rawValue:))
    state = try columns.value("state", DeliveryState.init(rawValue:))
    attempts = Int(try columns.row.integer("attempts"))
    self.at = at
    remark = try columns.row.optionalText("remark")
  }
}

/// Which deliveries a person means.
package struct DeliveryFilter: Sendable {
  package var order: OutTradeNo?
  package var sequence: Int64?
  package var channel: ShopChannel?
  /// Empty: in whatever state, if they are in `delivery` at all.
  package var states: [DeliveryState]

  package init(
    order: OutTradeNo? = nil, sequence: Int64? = nil, channel: ShopChannel? = nil,
    states: [DeliveryState] = []
  ) {
    self.order = order
    self.sequence = sequence
    self.channel = channel
    self.states = states
  }

  /// Rows of `delivery d`.
  fileprivate func tried(_ merchant: MerchantName, _ states: [DeliveryState]) -> Part {
    var part = Part("d.merchant = ?", [.text(merchant.text)])
    if let order { part.add("d.order_no = ?", .text(order.text)) }
    if let sequence { part.add("d.seq = ?", .integer(sequence)) }
    if let channel { part.add("d.channel = ?", .text(channel.rawValue)) }
    if !states.isEmpty { part.add("d.state", in: states.map(\.rawValue)) }
    return part
  }
}

/// A part of a statement, with the values of its question marks.
private struct Part {
  private(set) var sql: String
  private(set) var values: [Value]

  init(_ sql: String, _ values: [Value]) {
    self.sql = sql
    self.values = values
  }

  mutating func add(_ condition: String, _ value: Value) {
    sql += " AND \(condition)"
    values.append(value)
  }

  mutating func add(_ column: String, in words: [String]) {
    sql += " AND \(column) IN (\(words.map { _ in "?" }.joined(separator: ", ")))"
    values += words.map(Value.text)
  }
}

/// Deliveries as a person looks through them.
package struct DeliveryList: Sendable {
  package let records: [DeliveryRecord]
  /// How many there are beside those.
  package let left: Int
}

extension Deliveries {
  /// Deliveries of a merchant, those that were tried longest ago first.
  ///
  /// What waits is found by the orders of which the shop is being told: an event that nobody came to
  /// try has no row of its own yet.
  /// - Parameters:
  ///   - filter: with the state `delivered` it names an order, for there is no end to the others.
  ///   - wishes: what the shop wants to be told on each channel.
  package func list(
    _ merchant: MerchantName, _ filter: DeliveryFilter,
    of wishes: [ShopChannel: Set<ShopEvent>], limit: Int, until deadline: ContinuousClock.Instant
  ) throws -> DeliveryList {
    var parts: [Part] = []
    if filter.states.contains(.pending) {
      for (channel, events) in wishes where filter.channel ?? channel == channel {
        parts.append(waiting(merchant, filter, channel, events))
      }
    }
    let states = filter.states.filter { $0 != .pending }
    if !states.isEmpty { parts.append(tried(merchant, filter, states)) }
    guard !parts.isEmpty else { return DeliveryList(records: [], left: 0) }
    return try database.withConnection(until: deadline) { connection in
      let longestAgo = parts.map { "(\($0.sql) ORDER BY at LIMIT ?)" }
      let limit = Value.integer(Int64(limit))
      let records = try connection.query(
        longestAgo.joined(separator: " UNION ALL ")
          + " ORDER BY at, order_no, seq, channel LIMIT ?",
        parts.flatMap { $0.values + [limit] } + [limit]
      ).map { try DeliveryRecord(Columns(table: "delivery", row: $0)) }
      let counts = parts.map { "(SELECT COUNT(*) FROM (\($0.sql)) x)" }
      let count = try connection.query(
        "SELECT \(counts.joined(separator: " + ")) AS count", parts.flatMap(\.values))
      // Some may have arrived since the first question.
      let left = Int(try count[0].integer("count")) - records.count
      return DeliveryList(records: records, left: max(0, left))
    }
  }

  private func waiting(
    _ merchant: MerchantName, _ filter: DeliveryFilter, _ channel: ShopChannel,
    _ events: Set<ShopEvent>
  ) -> Part {
    // From the duties that are left to the events: MariaDB would rather read all there ever were.
    let index = filter.order == nil ? "FORCE INDEX (by_kind)" : ""
    var part = Part(
      """
      SELECT STRAIGHT_JOIN e.order_no, e.seq, e.event, ? AS channel, 'pending' AS state,
        COALESCE(d.attempts, 0) AS attempts, COALESCE(d.at, e.at) AS at, d.remark
      FROM duty t \(index)
      JOIN event e ON e.merchant = t.merchant AND e.order_no = t.subject
      LEFT JOIN delivery d ON d.merchant = e.merchant AND d.order_no = e.order_no
        AND d.seq = e.seq AND d.channel = ?
      WHERE t.kind = 'delivery' AND t.merchant = ? AND t.done_at IS NULL
        AND COALESCE(d.state, 'pending') = 'pending'
      """, [.text(channel.rawValue), .text(channel.rawValue), .text(merchant.text)])
    part.add("e.event", in: events.map(\.rawValue).sorted())
    if let order = filter.order { part.add("t.subject = ?", .text(order.text)) }
    if let sequence = filter.sequence { part.add("e.seq = ?", .integer(sequence)) }
    return part
  }

  private func tried(
    _ merchant: MerchantName, _ filter: DeliveryFilter, _ states: [DeliveryState]
  ) -> Part {
    let condition = filter.tried(merchant, states)
    return Part(
      """
      SELECT d.order_no, d.seq, e.event, d.channel, d.state, d.attempts, d.at, d.remark
      FROM delivery d JOIN event e
        ON e.merchant = d.merchant AND e.order_no = d.order_no AND e.seq = d.seq
      WHERE \(condition.sql)
      """, condition.values)
  }

  /// How many are sent again in one transaction: while it lasts, notifications about their orders
  /// wait for the duties' rows.
  private static let batch = 200

  /// Has events told once more, whether they arrived or were given up.
  ///
  /// - Parameters:
  ///   - filter: names an event, what was given up, or what failed and is tried again later: that is
  ///     no longer so afterwards.
  ///   - act: made anew for each part of a crowd, with its own deadline.
  /// - Returns: how many deliveries are due now.
  /// - Throws: also when a part of them is due already; the rest is found by the next call.
  package func resend(
    _ merchant: MerchantName, _ filter: DeliveryFilter, by act: () -> Act
  ) throws -> Int {
    precondition(
      filter.sequence != nil || filter.states == [.dead] || filter.states == [.pending],
      "What is sent again must not be found again, or there would be no end.")
    var count = 0
    while true {
      let sent = try resendBatch(merchant, filter, by: act())
      count += sent
      if sent < Self.batch { return count }
    }
  }

  private func resendBatch(
    _ merchant: MerchantName, _ filter: DeliveryFilter, by act: Act
  ) throws -> Int {
    var choice = filter.tried(merchant, filter.states)
    if filter.states == [.pending] { choice.add("d.attempts > ?", .integer(0)) }
    // Chosen before the transaction: one that runs again would not find them any more.
    let rows = try database.withConnection(until: act.deadline) { connection in
      try connection.query(
        "SELECT d.order_no, d.seq, d.channel FROM delivery d WHERE \(choice.sql) LIMIT ?",
        choice.values + [.integer(Int64(Self.batch))])
    }
    guard !rows.isEmpty else { return 0 }
    let now = Value.integer(act.now.microseconds)
    try database.transaction(until: act.deadline) { connection in
      for row in rows {
        var key = Part("d.merchant = ?", [.text(merchant.text)])
        key.add("d.order_no = ?", .text(try row.text("order_no")))
        key.add("d.seq = ?", .integer(try row.integer("seq")))
        key.add("d.channel = ?", .text(try row.text("channel")))
        if !filter.states.isEmpty { key.add("d.state", in: filter.states.map(\.rawValue)) }
        try connection.execute(
          """
          UPDATE delivery d SET d.state = 'pending', d.attempts = 0, d.since = ?, d.at = ?,
            d.remark = 'to be sent again'
          WHERE \(key.sql)
          """, [now, now] + key.values)
      }
      for order in Set(try rows.map { try $0.text("order_no") }).sorted() {
        try connection.plan(.delivery, merchant, order, afterSeconds: 0)
      }
    }
    return rows.count
  }
}
