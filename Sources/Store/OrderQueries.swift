import MariaDB
package import Payments

extension Orders {
  /// The order as the merchant sees it.
  ///
  /// - Returns: `nil` when there is no such order.
  /// - Throws: `UnusableRow` when the shop's row cannot be used and nobody has asked to pay yet.
  package func find(
    merchant: MerchantName, number: OutTradeNo, until deadline: ContinuousClock.Instant
  ) throws -> OrderRecord? {
    try database.withConnection(until: deadline) { connection in
      let row = try connection.shopRow(merchant, number)
      let attempt = try connection.deciding(merchant, [number.text]).first
      guard row != nil || attempt != nil else { return nil }
      let alarms = try connection.openAlarms(merchant, [number.text])
      return try OrderRecord(
        merchant, number, row: row, attempt: attempt, alarms: alarms[number.text] ?? [])
    }
  }

  /// The order as one of its buyers sees it: with their own attempt, if they have made any.
  ///
  /// Theirs is an order that names them, and one of which they have asked to pay an attempt. Which
  /// one it is decides the database: a foreign number is as unknown as one that does not exist, and
  /// is answered as quickly.
  /// - Returns: `nil` when there is no such order of theirs.
  package func find(
    merchant: MerchantName, number: OutTradeNo, of payer: OpenID,
    until deadline: ContinuousClock.Instant
  ) throws -> OrderRecord? {
    try database.withConnection(until: deadline) { connection in
      let row = try connection.shopRow(merchant, number, for: payer)
      let isNamed = try row?.optionalText("openid") == payer.text
      let attempt = try connection.deciding(merchant, number, of: payer, orAnyone: isNamed)
      guard isNamed || attempt != nil else { return nil }
      let alarms = try connection.openAlarms(merchant, [number.text])
      return try OrderRecord(
        merchant, number, row: row, attempt: attempt, alarms: alarms[number.text] ?? [])
    }
  }

  /// The order as somebody may pay it: one that names them or nobody, with the attempt that decides,
  /// whosever; where the row is another's or gone, only by their own attempt.
  ///
  /// Which one it is decides the database: a foreign number costs the same two queries as an unknown
  /// one. Alarms are no concern of who pays, and are not looked up.
  /// - Returns: `nil` when there is no such order for them.
  package func find(
    merchant: MerchantName, number: OutTradeNo, toBePaidBy payer: OpenID,
    until deadline: ContinuousClock.Instant
  ) throws -> OrderRecord? {
    try database.withConnection(until: deadline) { connection in
      let row = try connection.shopRow(merchant, number, for: payer)
      let attempt = try connection.latest(merchant, number, of: payer, orAnyone: row != nil)
      guard row != nil || attempt != nil else { return nil }
      return try OrderRecord(merchant, number, row: row, attempt: attempt, alarms: [])
    }
  }

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
  /// The row of `shop_order`: the only source of an amount.
  ///
  /// - Parameter payer: who may see it, if that is not everybody.
  mutating func shopRow(
    _ merchant: MerchantName, _ number: OutTradeNo, for payer: OpenID? = nil
  ) throws(MariaDBError) -> Row? {
    let isTheirs = payer == nil ? "" : " AND (openid = ? OR openid IS NULL OR openid = '')"
    let rows = try query(
      """
      SELECT order_no, openid, total_fee, body, attach, detail, expires_at, created_at
      FROM shop_order WHERE merchant = ? AND order_no = ?\(isTheirs)
      """, [.text(merchant.text), .text(number.text)] + (payer.map { [.text($0.text)] } ?? []))
    // A view may find an order under other spellings of its number.
    return rows.first { (try? $0.text("order_no")) == number.text }
  }

  /// The attempts that decide the states of some orders: the paid one, else the latest.
  fileprivate mutating func deciding(
    _ merchant: MerchantName, _ orders: [String]
  ) throws(MariaDBError) -> [Row] {
    guard !orders.isEmpty else { return [] }
    return try query(
      """
      \(PaymentAttempt.selection)
      WHERE p.merchant = ? AND p.order_no IN (\(orders.map { _ in "?" }.joined(separator: ", ")))
        AND p.attempt = (SELECT q.attempt FROM payment q
          WHERE q.merchant = p.merchant AND q.order_no = p.order_no
          ORDER BY q.state = 'paid' DESC, q.attempt DESC LIMIT 1)
      """, [.text(merchant.text)] + orders.map(Value.text))
  }

  /// A payer's own attempt: the paid one, else the latest.
  ///
  /// - Parameter isOwner: whether another's attempt, or one that nobody made, is theirs to see, too.
  fileprivate mutating func deciding(
    _ merchant: MerchantName, _ order: OutTradeNo, of payer: OpenID, orAnyone isOwner: Bool
  ) throws(MariaDBError) -> Row? {
    try query(
      """
      \(PaymentAttempt.selection)
      WHERE p.merchant = ? AND p.order_no = ? AND (p.openid = ? OR ?)
      ORDER BY p.openid <=> ? DESC, p.state = 'paid' DESC, p.attempt DESC LIMIT 1
      """,
      [
        .text(merchant.text), .text(order.text), .text(payer.text), .integer(isOwner ? 1 : 0),
        .text(payer.text),
      ]
    ).first
  }

  /// The attempt that decides the state of an order: the paid one, else the latest.
  ///
  /// - Parameter isOpenToThem: whether others' attempts count, too, and not only the payer's own.
  fileprivate mutating func latest(
    _ merchant: MerchantName, _ order: OutTradeNo, of payer: OpenID, orAnyone isOpenToThem: Bool
  ) throws(MariaDBError) -> Row? {
    try query(
      """
      \(PaymentAttempt.selection)
      WHERE p.merchant = ? AND p.order_no = ? AND (p.openid = ? OR ?)
      ORDER BY p.state = 'paid' DESC, p.attempt DESC LIMIT 1
      """,
      [
        .text(merchant.text), .text(order.text), .text(payer.text),
        .integer(isOpenToThem ? 1 : 0),
      ]
    ).first
  }

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
