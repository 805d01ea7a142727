import Linux
package import MariaDB
package import Payments

/// Work that is due later (待办), so that nothing depends on a process that lives on.
///
/// Whoever takes a duty holds a lease with a number that rises with each taking. A holder that was
/// frozen past its lease finds another number in the row, and none of its doubts count any more.
/// All moments are the database's: several machines work on one list.
package struct Duties: Sendable {
  private let database: Database

  package init(_ database: Database) { self.database = database }

  /// Takes one duty of some kinds that is due, out of the sixteen that are overdue longest.
  ///
  /// - Returns: `nil` when nothing is due.
  package func take(
    _ kinds: [DutyKind] = DutyKind.allCases, until deadline: ContinuousClock.Instant
  ) throws -> Duty? {
    try take(kinds, where: "due_at <= \(databaseNow)", [], until: deadline)
  }

  /// Takes the duty about a subject, if it is due.
  ///
  /// - Parameter isEarly: whether it is taken before it is due, too.
  /// - Returns: `nil` when it is not due, or somebody else is at it.
  package func take(
    _ kind: DutyKind, _ merchant: MerchantName, _ subject: String, isEarly: Bool = false,
    until deadline: ContinuousClock.Instant
  ) throws -> Duty? {
    try take(
      [kind],
      where: "merchant = ? AND subject = ?" + (isEarly ? "" : " AND due_at <= \(databaseNow)"),
      [.text(merchant.text), .text(subject)], until: deadline)
  }

  private func take(
    _ kinds: [DutyKind], where condition: String, _ values: [Value],
    until deadline: ContinuousClock.Instant
  ) throws -> Duty? {
    // Kind by kind, so that what waits of other kinds is not even looked at.
    let oldest = """
      (SELECT id, kind, merchant, subject, attempt, lease, due_at FROM duty
      WHERE kind = ? AND \(condition) AND done_at IS NULL AND lease_until <= \(databaseNow)
      ORDER BY due_at LIMIT 16)
      """
    let selection = kinds.map { _ in oldest }.joined(separator: " UNION ALL ")
    return try database.withConnection(until: deadline) { connection in
      let rows = try connection.query(
        selection + " ORDER BY due_at LIMIT 16", kinds.flatMap { [.text($0.rawValue)] + values })
      // Others read the same list: beginning anywhere, each finds something of its own.
      for row in rows.shuffled() {
        let duty = try Duty(taking: Columns(table: "duty", row: row))
        if try connection.take(duty) { return duty }
      }
      return nil
    }
  }

  /// Gives a duty back: done, or due again later.
  ///
  /// What was planned about the subject meanwhile is not lost: the duty is then due at once, or in
  /// 5 seconds when it did not get ahead, as what left in vain may still be on its way to WeChat.
  /// Nothing happens when the lease is another's by now, or was given back before.
  package func finish(
    _ duty: Duty, _ ending: DutyEnding, until deadline: ContinuousClock.Instant
  ) throws {
    try database.withConnection(until: deadline) { connection in
      let key: [Value] = [.integer(duty.id), .integer(duty.lease)]
      switch ending {
      case .done:
        try connection.execute(
          """
          UPDATE duty SET done_at = IF(due_at < lease_until, NULL, \(databaseNow)), attempt = 0,
            lease_until = 0
          WHERE id = ? AND lease = ? AND lease_until > 0
          """, key)
      case .again(let seconds, let isFresh):
        try connection.postpone(
          key, seconds, atLeast: isFresh ? 0 : arrivalSeconds, attempt: isFresh ? "0" : "attempt")
      case .notBegun(let seconds):
        try connection.postpone(
          key, seconds, atLeast: arrivalSeconds, attempt: "GREATEST(attempt - 1, 0)")
      }
    }
  }
}

/// What there can be to do.
package enum DutyKind: String, CaseIterable, Sendable {
  /// Find out whether an attempt was paid, and close it when its time is over; the subject is its
  /// `out_trade_no`.
  case payment
  /// Bring a refund to its end; the subject is its `out_refund_no`.
  case refund
  /// Do what the merchant has settled for money that came after its attempt was closed; the subject
  /// is the `out_trade_no`.
  case latePayment = "late_payment"
  /// Look for refunds that were made by hand (商户平台); the subject is the `out_trade_no`.
  case platformRefunds = "platform_refunds"
  /// Tell the shop what has happened to an order; the subject is the shop's order number.
  case delivery
}

/// A duty that was taken.
package struct Duty: Sendable {
  let id: Int64
  let lease: Int64
  package let kind: DutyKind
  package let merchant: MerchantName
  /// What it is about, as its kind says.
  package let subject: String
  /// How often it was begun since it last got ahead, this time included.
  package let attempt: Int

  fileprivate init(taking columns: Columns) throws {
    id = try columns.row.integer("id")
    lease = try columns.row.integer("lease") + 1
    kind = try columns.value("kind", DutyKind.init)
    merchant = try columns.value("merchant", MerchantName.init)
    subject = try columns.row.text("subject")
    attempt = Int(try columns.row.integer("attempt")) + 1
  }
}

/// What became of a duty.
package enum DutyEnding: Sendable, Equatable {
  case done
  /// Due again after so many seconds; `isFresh` when it got ahead, so that it is not patient yet.
  case again(afterSeconds: Int64, isFresh: Bool)
  /// Nothing was tried, as it was not its turn: this time does not count. Due again after so many
  /// seconds.
  case notBegun(afterSeconds: Int64)
}

/// Somebody else holds the duty by now: the lease was over.
package struct LeaseLost: Error, Sendable {}

/// The present moment of the database, in microseconds since 1970.
let databaseNow = "CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)"

/// After this time what was sent to WeChat has arrived, also when its answer was lost.
let arrivalSeconds: Int64 = 5

/// Longer than a duty may take: two calls to WeChat with their connects.
private let leaseSeconds: Int64 = 30

extension Connection {
  /// Makes a duty due, in the transaction of what makes it necessary.
  ///
  /// One that is due earlier stays so. Of one that is held, the moment is brought before the end of
  /// its lease, also when that is over: its holder may still be at it, and what was planned after
  /// the holder looked must not be finished with the rest.
  mutating func plan(
    _ kind: DutyKind, _ merchant: MerchantName, _ subject: String, afterSeconds seconds: Int64
  ) throws(MariaDBError) {
    let delay = Value.integer(dueAfter(seconds: seconds))
    try execute(
      """
      INSERT INTO duty (kind, merchant, subject, due_at) VALUES (?, ?, ?, \(databaseNow) + ?)
      ON DUPLICATE KEY UPDATE
        due_at = IF(done_at IS NULL,
          LEAST(due_at, \(databaseNow) + ?, IF(lease_until = 0, due_at, lease_until - 1)),
          \(databaseNow) + ?),
        attempt = IF(done_at IS NULL, attempt, 0), done_at = NULL
      """,
      [.text(kind.rawValue), .text(merchant.text), .text(subject), delay, delay, delay])
  }

  /// Tells the shop later of an order's events, in the transaction that plans to tell it.
  mutating func postponeDelivery(
    _ merchant: MerchantName, _ order: OutTradeNo, seconds: Int64
  ) throws(MariaDBError) {
    try execute(
      """
      UPDATE duty SET due_at = GREATEST(due_at, \(databaseNow) + ?)
      WHERE kind = ? AND merchant = ? AND subject = ? AND done_at IS NULL AND lease_until = 0
      """,
      [
        .integer(dueAfter(seconds: seconds)), .text(DutyKind.delivery.rawValue),
        .text(merchant.text), .text(order.text),
      ])
  }

  /// Makes sure that the lease is still ours, until the transaction ends.
  ///
  /// The row is changed by a hair: only a change is guarded on every kind of cluster.
  /// - Throws: `LeaseLost`, also when the duty was given back.
  mutating func hold(_ duty: Duty) throws {
    let changed = try execute(
      """
      UPDATE duty SET due_at = IF(due_at < lease_until, due_at, due_at + 1),
        lease_until = lease_until + 1
      WHERE id = ? AND lease = ? AND lease_until > \(databaseNow)
      """, [.integer(duty.id), .integer(duty.lease)])
    guard changed == 1 else { throw LeaseLost() }
  }

  /// Gives a duty back that is due after so many seconds.
  ///
  /// - Parameter least: no sooner than this when it was planned anew meanwhile.
  fileprivate mutating func postpone(
    _ key: [Value], _ seconds: Int64, atLeast least: Int64, attempt: String
  ) throws(MariaDBError) {
    try execute(
      """
      UPDATE duty SET due_at = IF(due_at < lease_until, GREATEST(due_at, \(databaseNow) + ?),
          \(databaseNow) + ?),
        lease_until = 0, attempt = \(attempt)
      WHERE id = ? AND lease = ? AND lease_until > 0
      """,
      [
        .integer(dueAfter(seconds: min(seconds, least))), .integer(dueAfter(seconds: seconds)),
      ] + key)
  }

  /// While it is held, a duty is due at the end of its lease: whatever happens to its holder, it
  /// comes up again, and an earlier moment tells that it was planned anew meanwhile.
  fileprivate mutating func take(_ duty: Duty) throws(MariaDBError) -> Bool {
    let lease = Value.integer(dueAfter(seconds: leaseSeconds))
    return try execute(
      """
      UPDATE duty SET lease = lease + 1, attempt = attempt + 1, due_at = \(databaseNow) + ?,
        lease_until = \(databaseNow) + ?
      WHERE id = ? AND lease = ? AND done_at IS NULL AND lease_until <= \(databaseNow)
      """, [lease, lease, .integer(duty.id), .integer(duty.lease - 1)]) == 1
  }
}

extension LeaseLost: CustomStringConvertible {
  package var description: String {
    "another worker has taken over this work"
  }
}
