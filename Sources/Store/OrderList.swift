import MariaDB
package import Payments

extension Orders {
  /// A page of a list.
  package struct Page: Sendable {
    package let orders: [OrderRecord]
    /// What stands in `shop_order` and cannot be used: a view may yield anything. The page is not
    /// lost for it.
    package let unusable: [UnusableRow]
    /// Where the next page begins; `nil` on the last one.
    package let next: OrderCursor?
  }

  /// Orders of a merchant, newest first: what stands in `shop_order`, and what was ever to be paid.
  ///
  /// - Parameters:
  ///   - state: only orders in this state.
  ///   - alarm: only orders with this alarm, open.
  ///   - from, to: created at or after, and before.
  ///   - cursor: `next` of the page before.
  ///   - limit: at most this many.
  package func list(
    merchant: MerchantName, state: PaymentState?, alarm: Alarm? = nil, from: BeijingTime?,
    to: BeijingTime?, after cursor: OrderCursor?, limit: Int,
    until deadline: ContinuousClock.Instant
  ) throws -> Page {
    var wish = OrderWish(
      merchant: merchant, state: state, alarm: alarm, from: from, to: to, after: cursor)
    return try database.withConnection(until: deadline) { connection in
      // One more than the page tells whether there is another page.
      var found = try connection.query(wish.inShop.sql, wish.inShop.values(limit + 1))
        .map { Found($0, row: $0) }
      // Attempts without a row are looked for no further back than the page reaches.
      if found.count > limit, let last = found.last { wish.bound(at: last.createdAt) }
      found += try connection.query(wish.vanished.sql, wish.vanished.values(limit + 1))
        .map { Found($0, row: nil) }
      found.sort(by: >)
      let page = Array(found.prefix(limit))
      return try connection.page(
        merchant, page, next: found.count > limit ? page.last.map(OrderCursor.init) : nil)
    }
  }
}

/// An order of a page: its place in the list.
private struct Found: Comparable {
  let createdAt: Int64
  let number: String
  /// `nil` when the shop's row is gone.
  let row: Row?

  /// A view may yield anything: what cannot be read comes last.
  init(_ place: Row, row: Row?) {
    createdAt = (try? place.integer("created_at")) ?? .min
    number = (try? place.text("order_no")) ?? ""
    self.row = row
  }

  private var key: (Int64, [UInt8]) { (createdAt, Array(number.utf8)) }

  static func == (left: Found, right: Found) -> Bool { !(left < right) && !(right < left) }

  static func < (left: Found, right: Found) -> Bool {
    guard left.createdAt == right.createdAt else { return left.createdAt < right.createdAt }
    return left.number.utf8.lexicographicallyPrecedes(right.number.utf8)
  }
}

extension OrderCursor {
  fileprivate init(_ found: Found) {
    self.init(createdAt: BeijingTime(microseconds: found.createdAt), number: found.number)
  }
}

/// Which orders a list is to have, in SQL.
struct OrderWish {
  let merchant: MerchantName
  let state: PaymentState?
  let alarm: Alarm?
  let from: BeijingTime?
  let to: BeijingTime?
  let after: OrderCursor?
  private var oldest: Int64?

  init(
    merchant: MerchantName, state: PaymentState?, alarm: Alarm?, from: BeijingTime?,
    to: BeijingTime?, after: OrderCursor?
  ) {
    self.merchant = merchant
    self.state = state
    self.alarm = alarm
    self.from = from
    self.to = to
    self.after = after
  }

  mutating func bound(at oldest: Int64) { self.oldest = oldest }

  struct Question {
    let sql: String
    fileprivate let values: [Value]

    func values(_ limit: Int) -> [Value] { values + [.integer(Int64(limit))] }
  }

  var inShop: Question {
    question(
      """
      SELECT o.order_no, o.openid, o.total_fee, o.body, o.attach, o.detail, o.expires_at,
        o.created_at
      FROM shop_order o WHERE o.merchant = ?
      """, of: "o", [.text(merchant.text)])
  }

  /// What was to be paid, and whose row the shop has removed: by its first attempt.
  ///
  /// As joins: of NOT EXISTS MariaDB makes a copy of the whole of `shop_order`.
  var vanished: Question {
    question(
      """
      SELECT p.order_no, p.created_at FROM payment p
      LEFT JOIN shop_order o ON o.merchant = p.merchant AND o.order_no = p.order_no
      LEFT JOIN payment q ON q.merchant = p.merchant AND q.order_no = p.order_no
        AND q.attempt < p.attempt
      WHERE p.merchant = ? AND o.order_no IS NULL AND q.order_no IS NULL
      """, of: "p", [.text(merchant.text)])
  }

  private func question(_ selection: String, of row: String, _ key: [Value]) -> Question {
    var sql = selection
    var values = key
    func add(_ condition: String, _ more: [Value]) {
      sql += " AND \(condition)"
      values += more
    }
    if let state {
      add(
        """
        COALESCE((SELECT s.state FROM payment s WHERE s.merchant = \(row).merchant
          AND s.order_no = \(row).order_no ORDER BY s.state = 'paid' DESC, s.attempt DESC LIMIT 1),
          'created') = ?
        """, [.text(state.rawValue)])
    }
    if let alarm {
      add(
        """
        \(row).order_no IN (SELECT a.order_no FROM alarm a
          WHERE a.merchant = \(row).merchant AND a.resolved_at IS NULL AND a.kind = ?)
        """, [.text(alarm.rawValue)])
    }
    if let from { add("\(row).created_at >= ?", [.integer(from.microseconds)]) }
    if let to { add("\(row).created_at < ?", [.integer(to.microseconds)]) }
    if let oldest { add("\(row).created_at >= ?", [.integer(oldest)]) }
    if let after {
      let createdAt = Value.integer(after.createdAt.microseconds)
      add(
        "(\(row).created_at < ? OR (\(row).created_at = ? AND \(row).order_no < ?))",
        [createdAt, createdAt, .text(after.number)])
    }
    sql += " ORDER BY \(row).created_at DESC, \(row).order_no DESC LIMIT ?"
    return Question(sql: sql, values: values)
  }
}

extension Connection {
  fileprivate mutating func page(
    _ merchant: MerchantName, _ found: [Found], next: OrderCursor?
  ) throws -> Orders.Page {
    let numbers = found.map(\.number).filter { OutTradeNo($0) != nil }
    var attempts: [String: Row] = [:]
    for row in try deciding(merchant, numbers) { attempts[try row.text("order_no")] = row }
    let alarms = try openAlarms(merchant, numbers)
    var orders: [OrderRecord] = []
    var unusable: [UnusableRow] = []
    for order in found {
      do {
        guard let number = OutTradeNo(order.number) else {
          throw UnusableRow(table: "shop_order", column: "order_no", order: order.number)
        }
        orders.append(
          try OrderRecord(
            merchant, number, row: order.row, attempt: attempts[order.number],
            alarms: alarms[order.number] ?? []))
      } catch let error as UnusableRow {
        unusable.append(error)
      }
    }
    return Orders.Page(orders: orders, unusable: unusable, next: next)
  }
}
