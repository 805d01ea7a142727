package import MariaDB
package import Payments

/// The append-only history (流水): who changed what, when, on what evidence.
package struct Journal: Sendable {
  private let database: Database

  package init(_ database: Database) { self.database = database }

  /// A part of an order's history.
  package struct Page: Sendable {
    /// Oldest first.
    package let entries: [JournalEntry]
    /// Where older ones end; `nil` when these begin with the order's first.
    package let older: Int64?

    package init(entries: [JournalEntry], older: Int64?) {
      self.entries = entries
      self.older = older
    }
  }

  /// How many entries a view of an order shows: there is no end to what a buyer can cause.
  private static let shown = 100

  /// The newest part of an order's history.
  ///
  /// - Parameter cursor: `older` of the part that was seen before.
  package func page(
    merchant: MerchantName, order: OutTradeNo, before cursor: Int64? = nil,
    until deadline: ContinuousClock.Instant
  ) throws -> Page {
    let rows = try database.withConnection(until: deadline) { connection in
      try connection.query(
        """
        SELECT id, at, out_trade_no, out_refund_no, event, from_state, to_state, actor, detail,
          request_id, client_address
        FROM journal FORCE INDEX (by_order)
        WHERE merchant = ? AND order_no = ? AND id < ? ORDER BY id DESC LIMIT ?
        """,
        [
          .text(merchant.text), .text(order.text), .integer(cursor ?? .max),
          .integer(Int64(Self.shown) + 1),
        ])
    }
    let shown = rows.prefix(Self.shown)
    return Page(
      entries: try shown.reversed().map(JournalEntry.init),
      older: rows.count > shown.count ? try shown.last?.integer("id") : nil)
  }

  /// The newest part of an order's history, oldest first.
  package func timeline(
    merchant: MerchantName, order: OutTradeNo, until deadline: ContinuousClock.Instant
  ) throws -> [JournalEntry] {
    try page(merchant: merchant, order: order, until: deadline).entries
  }
}

/// One line of an order's history.
package struct JournalEntry: Sendable, Equatable {
  /// When it was recorded.
  package let at: BeijingTime
  /// The payment attempt; `nil` when the entry is about the order as such.
  package let outTradeNo: String?
  /// The refund; `nil` when the entry is about the payment.
  package let outRefundNo: String?
  /// `created`, `paid` …, or the name of an `Alarm`.
  package let event: String
  /// The state before; `nil` when nothing was there, or no state changed.
  package let from: String?
  /// The state after; `nil` when no state changed.
  package let to: String?
  /// `Act.actor`.
  package let by: String
  /// A sentence for a person.
  package let detail: String
  /// `Act.requestID`.
  package let requestID: String?
  /// `Act.clientAddress`.
  package let clientAddress: String?

  fileprivate init(_ row: Row) throws {
    at = BeijingTime(microseconds: try row.integer("at"))
    outTradeNo = try row.optionalText("out_trade_no")
    outRefundNo = try row.optionalText("out_refund_no")
    event = try row.text("event")
    from = try row.optionalText("from_state")
    to = try row.optionalText("to_state")
    by = try row.text("actor")
    detail = try row.text("detail")
    requestID = try row.optionalText("request_id")
    clientAddress = try row.optionalText("client_address")
  }
}

/// What is written into the journal, in the transaction of the change itself.
struct JournalLine {
  let merchant: MerchantName
  let order: OutTradeNo
  var outTradeNo: OutTradeNo?
  var refund: OutRefundNo?
  let event: String
  /// A state of the payment, or of the refund if it is about one.
  var from: String?
  var to: String?
  let detail: String
  var notificationID: Int64?
  /// What the shop is told about it; `nil` when it is none of the shop's business.
  var tells: ShopEvent?
  /// What the order cost when it was paid, and what is wrong with the payment: told with it.
  var orderTotal: Fen?
  var alarms: [Alarm] = []

  /// As much of the sentence as the tables hold.
  var storedDetail: String { detail.fitting(512) }
}

extension Connection {
  /// Whether the journal tells the same already.
  ///
  /// Of an alarm its row is asked: the history of an order may be long.
  mutating func holds(_ line: JournalLine) throws(MariaDBError) -> Bool {
    if let alarm = line.alarm { return try holds(alarm, line) }
    return try !query(
      """
      SELECT 1 FROM journal
      WHERE merchant = ? AND order_no = ? AND out_trade_no <=> ? AND out_refund_no <=> ?
        AND event = ? AND detail = ?
      LIMIT 1
      """,
      [
        .text(line.merchant.text), .text(line.order.text), Value(line.outTradeNo?.text),
        Value(line.refund?.text), .text(line.event), .text(line.storedDetail),
      ]
    ).isEmpty
  }

  /// Writes a line, raises or ends the alarms that go with it, and tells the shop what it is to know.
  mutating func record(_ line: JournalLine, by act: Act) throws(MariaDBError) {
    try execute(
      """
      INSERT INTO journal (at, merchant, order_no, out_trade_no, out_refund_no, event, from_state,
        to_state, actor, detail, notification_id, request_id, client_address)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .integer(act.now.microseconds), .text(line.merchant.text), .text(line.order.text),
        Value(line.outTradeNo?.text), Value(line.refund?.text), .text(line.event),
        Value(line.from), Value(line.to), .text(act.actor), .text(line.storedDetail),
        Value(line.notificationID), Value(act.requestID), Value(act.clientAddress),
      ])
    try updateAlarms(after: line, by: act)
    if let event = line.tells { try tell(event, line, by: act) }
    guard let witness = act.witness else { return }
    let committed = CommittedLine(line, act)
    afterCommit { witness(committed) }
  }
}
