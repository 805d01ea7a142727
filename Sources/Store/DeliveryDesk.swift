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
  /// When it was last tried.
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
  /// Empty: in whatever state.
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

  fileprivate func condition(_ merchant: MerchantName) -> (sql: String, values: [Value]) {
    var conditions = ["d.merchant = ?"]
    var values: [Value] = [.text(merchant.text)]
    if let order {
      conditions.append("d.order_no = ?")
      values.append(.text(order.text))
    }
    if let sequence {
      conditions.append("d.seq = ?")
      values.append(.integer(sequence))
    }
    if let channel {
      conditions.append("d.channel = ?")
      values.append(.text(channel.rawValue))
    }
    if !states.isEmpty {
      conditions.append("d.state IN (\(states.map { _ in "?" }.joined(separator: ", ")))")
      values += states.map { .text($0.rawValue) }
    }
    return (conditions.joined(separator: " AND "), values)
  }
}

extension Deliveries {
  /// Deliveries of a merchant, those that were tried longest ago first.
  public func list(
    _ merchant: MerchantName, _ filter: DeliveryFilter, limit: Int,
    until deadline: ContinuousClock.Instant
  ) throws -> [DeliveryRecord] {
    let condition = filter.condition(merchant)
    return try database.withConnection(until: deadline) { connection in
      try connection.query(
        """
        SELECT d.order_no, d.seq, e.event, d.channel, d.state, d.attempts, d.at, d.remark
        FROM delivery d JOIN event e
          ON e.merchant = d.merchant AND e.order_no = d.order_no AND e.seq = d.seq
        WHERE \(condition.sql) ORDER BY d.at, d.order_no, d.seq LIMIT ?
        """, condition.values + [.integer(Int64(limit))]
      ).map { try DeliveryRecord(Columns(table: "delivery", row: $0)) }
    }
  }

  /// Has events told once more, whether they arrived or were given up.
  ///
  /// - Returns: how many deliveries are due now.
  public func resend(
    _ merchant: MerchantName, _ filter: DeliveryFilter, by act: Act
  ) throws -> Int {
    let condition = filter.condition(merchant)
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
