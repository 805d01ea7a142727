import MariaDB
public import Payments

/// A delivery as its operator sees it.
public struct DeliveryRecord: Sendable, Equatable {
  public let order: OutTradeNo
  public let sequence: Int64
  public let event: ShopEvent
  public let channel: ShopChannel
  public let state: DeliveryState
  /// How often it was tried in vain.
  public let attempts: Int
  /// When it was last tried; when it happened, if it was not tried yet.
  public let at: BeijingTime
  /// Why it did not arrive.
  public let remark: String?

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
public struct DeliveryFilter: Sendable {
  public var order: OutTradeNo?
  public var sequence: Int64?
  public var channel: ShopChannel?
  /// Empty: in whatever state, if they are in `delivery` at all.
  public var states: [DeliveryState]

  public init(
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
public struct DeliveryList: Sendable {
  public let records: [DeliveryRecord]
  /// How many there are beside those.
  public let left: Int
}

extension Deliveries {
  /// Deliveries of a merchant, those that were tried longest ago first.
  ///
  /// What waits is found by the orders of which the shop is being told: an event that nobody came to
  /// try has no row of its own yet.
  /// - Parameters:
  ///   - filter: with the state `delivered` it names an order, for there is no end to the others.
  ///   - wishes: what the shop wants to be told on each channel.
  public func list(
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

  /// Has events told once more, whether they arrived or were given up.
  ///
  /// - Returns: how many deliveries are due now.
  public func resend(
    _ merchant: MerchantName, _ filter: DeliveryFilter, by act: Act
  ) throws -> Int {
    let condition = filter.tried(merchant, filter.states)
    return try database.transaction(until: act.deadline) { connection in
      let rows = try connection.query(
        "SELECT DISTINCT d.order_no FROM delivery d WHERE \(condition.sql)", condition.values)
      let count = try connection.execute(
        """
        UPDATE delivery d SET d.state = 'pending', d.attempts = 0, d.since = ?, d.at = ?,
          d.remark = 'to be sent again'
        WHERE \(condition.sql)
        """,
        [.integer(act.now.microseconds), .integer(act.now.microseconds)] + condition.values)
      for row in rows {
        try connection.plan(.delivery, merchant, try row.text("order_no"), afterSeconds: 0)
      }
      return count
    }
  }
}
