public import MariaDB
public import Payments

/// The shop's orders (商城订单) and where each of them stands.
public struct Orders: Sendable {
  private let database: Database

  public init(_ database: Database) { self.database = database }

  /// What an attempt to create an order came to.
  public enum Creation: Sendable, Equatable {
    case created
    /// The same order, with the same content, was there already.
    case existed
    /// The number is taken by an order of other content; nothing was changed.
    case conflict
    /// `shop_order` is a view, in which orders cannot be created.
    case readOnly
  }

  /// Creates an order, once: repeating the call changes nothing.
  public func create(_ order: Order, by act: Act) throws -> Creation {
    try database.transaction(until: act.deadline) { connection in
      switch try connection.insert(order, at: act.now) {
      case .created: break
      case .existed, .conflict:
        return try connection.order(order.merchant, order.number) == order ? .existed : .conflict
      case .readOnly: return .readOnly
      }
      try connection.record(
        JournalLine(
          merchant: order.merchant, order: order.number, event: "created",
          to: PaymentState.created.rawValue,
          detail: "order of \(order.total) received"), by: act)
      return .created
    }
  }

  /// - Returns: `nil` when there is no such order.
  public func find(
    merchant: MerchantName, number: OutTradeNo, until deadline: ContinuousClock.Instant
  ) throws -> OrderRecord? {
    try database.withConnection(until: deadline) { connection in
      try connection.query(
        OrderRecord.selection + " WHERE o.merchant = ? AND o.order_no = ?",
        [.text(merchant.text), .text(number.text)]
      ).first.map(OrderRecord.init)
    }
  }

  /// A page of a list.
  public struct Page: Sendable {
    public let orders: [OrderRecord]
    /// What stands in `shop_order` and cannot be used: a view may yield anything. The page is not
    /// lost for it.
    public let unusable: [UnusableRow]
    /// Where the next page begins; `nil` on the last one.
    public let next: OrderCursor?
  }

  /// Orders of a merchant, newest first.
  ///
  /// - Parameters:
  ///   - state: only orders in this state.
  ///   - alarm: only orders with this alarm, open.
  ///   - from, to: created at or after, and before.
  ///   - cursor: `next` of the page before.
  ///   - limit: at most this many.
  public func list(
    merchant: MerchantName, state: PaymentState?, alarm: Alarm? = nil, from: BeijingTime?,
    to: BeijingTime?,
    after cursor: OrderCursor?, limit: Int, until deadline: ContinuousClock.Instant
  ) throws -> Page {
    var conditions = ["o.merchant = ?"]
    var values: [Value] = [.text(merchant.text)]
    if let state {
      conditions.append("COALESCE(p.state, 'created') = ?")
      values.append(.text(state.rawValue))
    }
    if let alarm {
      conditions.append(
        """
        o.order_no IN (SELECT a.order_no FROM alarm a
          WHERE a.merchant = o.merchant AND a.resolved_at IS NULL AND a.kind = ?)
        """)
      values.append(.text(alarm.rawValue))
    }
    if let from {
      conditions.append("o.created_at >= ?")
      values.append(.integer(from.microseconds))
    }
    if let to {
      conditions.append("o.created_at < ?")
      values.append(.integer(to.microseconds))
    }
    if let cursor {
      conditions.append("(o.created_at < ? OR (o.created_at = ? AND o.order_no < ?))")
      let createdAt = Value.integer(cursor.createdAt.microseconds)
      values += [createdAt, createdAt, .text(cursor.number)]
    }
    let selection =
      OrderRecord.selection + " WHERE " + conditions.joined(separator: " AND ")
      + " ORDER BY o.created_at DESC, o.order_no DESC LIMIT ?"
    // One more than the page tells whether there is another page.
    values.append(.integer(Int64(limit) + 1))
    let rows = try database.withConnection(until: deadline) { connection in
      try connection.query(selection, values)
    }
    var orders: [OrderRecord] = []
    var unusable: [UnusableRow] = []
    for row in rows.prefix(limit) {
      do {
        orders.append(try OrderRecord(row))
      } catch let error as UnusableRow {
        unusable.append(error)
      }
    }
    let next = try rows.count > limit ? rows[..<limit].last.map(OrderCursor.init) : nil
    return Page(orders: orders, unusable: unusable, next: next)
  }
}

extension Connection {
  /// - Returns: `conflict` when the number is taken, whatever by.
  fileprivate mutating func insert(
    _ order: Order, at now: BeijingTime
  ) throws(MariaDBError) -> Orders.Creation {
    do throws(MariaDBError) {
      let inserted = try executeUnlessTaken(
        """
        INSERT INTO shop_order (merchant, order_no, openid, total_fee, body, attach, detail,
          expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          .text(order.merchant.text), .text(order.number.text), Value(order.openID?.text),
          .integer(order.total.amount), .text(order.body.text), Value(order.attach?.text),
          Value(order.detail), Value(order.expiresAt?.microseconds), .integer(now.microseconds),
        ])
      return inserted == nil ? .conflict : .created
    } catch {
      // Not insertable, not updatable, of several tables, without a field, without the right.
      guard [1142, 1288, 1348, 1393, 1394, 1423, 1471].contains(error.code) else { throw error }
      return .readOnly
    }
  }

  /// The row of `shop_order`: the only source of an amount.
  mutating func order(_ merchant: MerchantName, _ number: OutTradeNo) throws -> Order? {
    try query(
      """
      SELECT merchant, order_no, openid, total_fee, body, attach, detail, expires_at
      FROM shop_order WHERE merchant = ? AND order_no = ?
      """, [.text(merchant.text), .text(number.text)]
    ).first.map { try Order(Columns(table: "shop_order", row: $0)) }
  }
}

extension Order {
  init(_ columns: Columns) throws {
    self.init(
      merchant: try columns.value("merchant", MerchantName.init),
      number: try columns.value("order_no", OutTradeNo.init),
      openID: try columns.optional("openid", OpenID.init),
      total: try columns.payable("total_fee"),
      body: try columns.value("body", Description.init),
      attach: try columns.optional("attach", Description.init),
      detail: try columns.row.optionalText("detail"),
      expiresAt: try columns.time("expires_at"))
  }
}
