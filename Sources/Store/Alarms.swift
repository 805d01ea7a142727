package import MariaDB
package import Payments

/// What a person must look at (告警): one row for each contradiction, open until it is resolved.
///
/// Alarms are raised by journal lines, in their transaction. Those that tell of a state
/// (`refundAbnormal`, `refundOverlap`, `refundDelayed`) end with it; all others are resolved by a
/// person.
package struct Alarms: Sendable {
  private let database: Database

  package init(_ database: Database) { self.database = database }

  /// A page of a list.
  package struct Page: Sendable {
    package let alarms: [AlarmRecord]
    /// Where the next page begins; `nil` on the last one.
    package let next: AlarmCursor?
  }

  /// Alarms of a merchant, newest first.
  package func list(
    _ merchant: MerchantName, _ filter: AlarmFilter = AlarmFilter(),
    after cursor: AlarmCursor? = nil, limit: Int, until deadline: ContinuousClock.Instant
  ) throws -> Page {
    var conditions = ["merchant = ?"]
    var values: [Value] = [.text(merchant.text)]
    if let isOpen = filter.isOpen {
      conditions.append(isOpen ? "resolved_at IS NULL" : "resolved_at IS NOT NULL")
    }
    if let kind = filter.kind {
      conditions.append("kind = ?")
      values.append(.text(kind.rawValue))
    }
    if let order = filter.order {
      conditions.append("order_no = ?")
      values.append(.text(order.text))
    }
    if let cursor {
      conditions.append("(raised_at < ? OR (raised_at = ? AND id < ?))")
      let raisedAt = Value.integer(cursor.raisedAt.microseconds)
      values += [raisedAt, raisedAt, .integer(cursor.id)]
    }
    // One more than the page tells whether there is another page.
    values.append(.integer(Int64(limit) + 1))
    let alarms = try database.withConnection(until: deadline) { connection in
      try connection.query(
        AlarmRecord.selection + " WHERE " + conditions.joined(separator: " AND ")
          + " ORDER BY raised_at DESC, id DESC LIMIT ?", values
      ).map(AlarmRecord.init)
    }
    let page = Array(alarms.prefix(limit))
    return Page(alarms: page, next: alarms.count > limit ? page.last?.cursor : nil)
  }

  /// What an attempt to resolve an alarm came to.
  package enum Resolution: Sendable, Equatable {
    case resolved(AlarmRecord)
    /// It was resolved before: nothing was changed, the first note stands.
    case stood(AlarmRecord)
    case notFound
  }

  /// Records that a person has settled what an alarm tells of.
  package func resolve(
    _ merchant: MerchantName, _ id: Int64, note: Note, by act: Act
  ) throws -> Resolution {
    try database.transaction(until: act.deadline) { connection in
      let changed = try connection.execute(
        """
        UPDATE alarm SET resolved_at = ?, resolved_by = ?, note = ?
        WHERE id = ? AND merchant = ? AND resolved_at IS NULL
        """,
        [
          .integer(act.now.microseconds), .text(act.actor), .text(note.text), .integer(id),
          .text(merchant.text),
        ])
      let row = try connection.query(
        AlarmRecord.selection + " WHERE id = ? AND merchant = ?",
        [.integer(id), .text(merchant.text)]
      ).first
      guard let record = try row.map(AlarmRecord.init) else { return .notFound }
      guard changed == 1 else { return .stood(record) }
      try connection.record(
        JournalLine(
          merchant: merchant, order: record.order, outTradeNo: record.outTradeNo,
          refund: record.refund, event: Self.resolvedEvent,
          detail: "\(record.kind) resolved: \(note.text)"), by: act)
      return .resolved(record)
    }
  }

  static let resolvedEvent = "alarm_resolved"
}

/// Which alarms are meant.
package struct AlarmFilter: Sendable {
  /// `nil`: open ones and resolved ones.
  package var isOpen: Bool?
  package var kind: Alarm?
  package var order: OutTradeNo?

  package init(isOpen: Bool? = nil, kind: Alarm? = nil, order: OutTradeNo? = nil) {
    self.isOpen = isOpen
    self.kind = kind
    self.order = order
  }
}

/// Where a page of alarms ends.
package struct AlarmCursor: Sendable, Equatable {
  package let raisedAt: BeijingTime
  package let id: Int64

  package init(raisedAt: BeijingTime, id: Int64) {
    self.raisedAt = raisedAt
    self.id = id
  }
}

/// An alarm as a person sees it.
package struct AlarmRecord: Sendable, Equatable {
  package let id: Int64
  package let order: OutTradeNo
  /// The payment attempt; `nil` when it is about the order as such.
  package let outTradeNo: OutTradeNo?
  /// The refund; `nil` when it is about the payment.
  package let refund: OutRefundNo?
  /// The name of an `Alarm`, which a newer version may have added.
  package let kind: String
  /// What happened and what to do.
  package let detail: String
  package let raisedAt: BeijingTime
  /// `nil` while it is open.
  package let resolution: Resolution?

  /// Who resolved it, when and how.
  package struct Resolution: Sendable, Equatable {
    package let at: BeijingTime
    package let by: String
    package let note: String
  }

  package var cursor: AlarmCursor { AlarmCursor(raisedAt: raisedAt, id: id) }

  static let selection = """
    SELECT id, order_no, out_trade_no, out_refund_no, kind, detail, raised_at, resolved_at,
      resolved_by, note
    FROM alarm
    """

  init(_ row: Row) throws {
    let columns = Columns(table: "alarm", row: row)
    guard let raisedAt = try columns.time("raised_at") else { throw columns.unusable("raised_at") }
    id = try row.integer("id")
    order = try columns.value("order_no", OutTradeNo.init)
    outTradeNo = try columns.optional("out_trade_no", OutTradeNo.init)
    refund = try columns.optional("out_refund_no", OutRefundNo.init)
    kind = try row.text("kind")
    detail = try row.text("detail")
    self.raisedAt = raisedAt
    resolution = try columns.time("resolved_at").map { at in
      Resolution(
        at: at, by: try row.optionalText("resolved_by") ?? "",
        note: try row.optionalText("note") ?? "")
    }
  }
}
