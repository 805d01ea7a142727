import MariaDB
public import Payments

/// An order together with the attempt that decides its state: the paid one, else the latest.
public struct OrderRecord: Sendable {
  /// What the shop wants to be paid.
  public let order: Order
  /// When the shop created it.
  public let createdAt: BeijingTime
  /// `nil` as long as nobody has asked to pay.
  public let attempt: PaymentAttempt?
  /// What a person must look at and has not resolved yet, in the order of `Alarm`.
  public let alarms: [Alarm]

  /// The attempt's state; `created` as long as nobody has asked to pay.
  public var state: PaymentState { attempt?.state ?? .created }

  static let selection = """
    SELECT o.merchant, o.order_no, o.openid, o.total_fee, o.body, o.attach, o.detail,
      o.expires_at, o.created_at,
      p.openid AS payer, p.total_fee AS attempt_fee, \(PaymentAttempt.columns(of: "p")),
      (SELECT GROUP_CONCAT(DISTINCT a.kind) FROM alarm a WHERE a.merchant = o.merchant
        AND a.order_no = o.order_no AND a.resolved_at IS NULL) AS alarms
    FROM shop_order o
    LEFT JOIN payment p ON p.merchant = o.merchant AND p.order_no = o.order_no
      AND p.attempt = (SELECT q.attempt FROM payment q
        WHERE q.merchant = o.merchant AND q.order_no = o.order_no
        ORDER BY q.state = 'paid' DESC, q.attempt DESC LIMIT 1)
    """

  init(_ row: Row) throws {
    let columns = Columns(table: "shop_order", row: row)
    order = try Order(columns)
    guard let createdAt = try columns.time("created_at") else {
      throw columns.unusable("created_at")
    }
    self.createdAt = createdAt
    attempt =
      try row.optionalText("out_trade_no") == nil
      ? nil : PaymentAttempt(Columns(table: "payment", row: row), fee: "attempt_fee")
    let open = try row.optionalText("alarms").map { $0.split(separator: ",") } ?? []
    let hasOldAmount = attempt?.state == .paid && attempt?.total != order.total
    alarms = Alarm.allCases.filter { alarm in
      // Not in the journal: where `shop_order` is a view, only who reads it sees the change.
      alarm == .amountChanged ? hasOldAmount : open.contains { $0 == alarm.rawValue }
    }
  }
}

/// Where a page of orders ends.
public struct OrderCursor: Sendable, Equatable {
  public let createdAt: BeijingTime
  /// As it stands in the row, which may be one that cannot be used.
  public let number: String

  public init(createdAt: BeijingTime, number: String) {
    self.createdAt = createdAt
    self.number = number
  }

  init(_ row: Row) throws(MariaDBError) {
    createdAt = BeijingTime(microseconds: try row.integer("created_at"))
    number = try row.text("order_no")
  }
}
