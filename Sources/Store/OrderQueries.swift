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
      return try connection.withAlarms(merchant, number, row: row, attempt: attempt)
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
      return try connection.withAlarms(merchant, number, row: row, attempt: attempt)
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
}

extension Connection {
  /// What was found of an order, with its open alarms.
  fileprivate mutating func withAlarms(
    _ merchant: MerchantName, _ number: OutTradeNo, row: Row?, attempt: Row?
  ) throws -> OrderRecord {
    let alarms = try openAlarms(merchant, [number.text])
    return try OrderRecord(
      merchant, number, row: row, attempt: attempt, alarms: alarms[number.text] ?? [])
  }

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
  mutating func deciding(
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
}
