package import MariaDB
package import Payments

/// The shop's orders (商城订单) and where each of them stands.
package struct Orders: Sendable {
  let database: Database

  package init(_ database: Database) { self.database = database }

  /// What an attempt to create an order came to.
  package enum Creation: Sendable, Equatable {
    case created
    /// The same order, with the same content, was there already.
    case existed
    /// The number is taken by an order of other content; nothing was changed.
    case conflict
    /// `shop_order` is a view, in which orders cannot be created.
    case readOnly
  }

  /// Creates an order, once: repeating the call changes nothing.
  package func create(_ order: Order, by act: Act) throws -> Creation {
    try database.transaction(until: act.deadline) { connection in
      switch try connection.insert(order, at: act.now) {
      case .created: break
      case .existed, .conflict:
        let row = try connection.shopRow(order.merchant, order.number)
        let standing = try row.map {
          try Order(order.merchant, order.number, Columns(table: "shop_order", row: $0))
        }
        return standing == order ? .existed : .conflict
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
          .integer(order.total.amount), .text(order.body), Value(order.attach),
          Value(order.detail), Value(order.expiresAt?.microseconds), .integer(now.microseconds),
        ])
      return inserted == nil ? .conflict : .created
    } catch {
      // Not insertable, not updatable, of several tables, without a field, without the right.
      guard [1142, 1288, 1348, 1393, 1394, 1423, 1471].contains(error.code) else { throw error }
      return .readOnly
    }
  }
}
