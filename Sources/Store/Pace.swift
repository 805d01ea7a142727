import Dispatch
import Linux
package import MariaDB
package import Payments

/// How fast calls to WeChat may follow each other on a merchant's behalf, counted over all
/// processes and machines.
package struct Pace: Sendable {
  /// Which calls are counted together.
  package enum Kind: String, Sendable {
    /// 申请退款: 150 in a second, 83 for orders older than a month. This keeps below 75.
    case refund
    /// 查询订单, 关闭订单: WeChat names no number; 100 in a second is what is asked of it here.
    case query

    /// What is between two calls.
    package var spacingMicroseconds: Int64 {
      switch self {
      case .refund: 13_500
      case .query: 10_000
      }
    }
  }

  /// Why no call of a kind may go out for a while.
  package struct Pause: Sendable, Equatable {
    /// In how many seconds, at the earliest, one may.
    package let seconds: Int64
    /// What a refund waits for meanwhile.
    package let wait: RefundWait
    /// What made it necessary, for a person.
    package let remark: String
  }

  /// Why a call may not go out soon.
  package enum Delay: Sendable, Equatable {
    /// So many wait for their moment; in how many seconds, at the earliest, it is worth asking again.
    case crowded(seconds: Int64)
    case paused(Pause)
  }

  /// When a call may go out.
  package enum Turn: Sendable, Equatable {
    /// After so many microseconds: the moment is reserved for the caller.
    case reserved(afterMicroseconds: Int64)
    case delayed(Delay)
  }

  private let database: Database

  package init(_ database: Database) { self.database = database }

  /// Who would have to wait longer comes back later: a thread has more to do than to wait.
  private static let longestWait: Duration = .seconds(1)

  /// Reserves the moment of a call and waits for it, without a connection.
  ///
  /// - Returns: `nil` when the call may go out now; else why it may not.
  package func take(
    _ kind: Kind, _ merchant: MerchantName, until deadline: ContinuousClock.Instant
  ) throws -> Delay? {
    let patience = min(Self.longestWait, deadline - .now)
    let turn = try reserve(
      kind, merchant, withinMicroseconds: Int64(max(.zero, patience) / .microseconds(1)),
      until: deadline)
    switch turn {
    case .delayed(let delay): return delay
    case .reserved(let microseconds):
      if microseconds > 0 {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + .microseconds(Int(microseconds)))
      }
      return nil
    }
  }

  /// Microseconds until the next free moment.
  ///
  /// Nobody reserves so far ahead as a minute: such a moment is of a clock that was set back since.
  private static let rest = """
    IF(next_at > \(databaseNow) + 60000000, 0, GREATEST(next_at - \(databaseNow), 0))
    """

  /// Reserves the moment of a call: each caller gets one of its own, and nobody comes too early.
  ///
  /// - Parameter most: how far ahead it may lie.
  package func reserve(
    _ kind: Kind, _ merchant: MerchantName, withinMicroseconds most: Int64,
    until deadline: ContinuousClock.Instant
  ) throws -> Turn {
    let key: [Value] = [.text(merchant.text), .text(kind.rawValue)]
    return try database.withConnection(until: deadline) { connection in
      while true {
        // One statement: LAST_INSERT_ID carries out what it has waited for.
        let reserved = try connection.execute(
          """
          UPDATE pace SET next_at =
            \(databaseNow) + LAST_INSERT_ID(\(Self.rest)) + ?
          WHERE merchant = ? AND kind = ? AND paused_until <= \(databaseNow) AND \(Self.rest) <= ?
          """, [.integer(kind.spacingMicroseconds)] + key + [.integer(most)])
        if reserved == 1 { return .reserved(afterMicroseconds: connection.lastInsertID) }
        let row = try connection.query(
          """
          SELECT GREATEST(paused_until - \(databaseNow), 0) AS pause, pause_wait, pause_remark,
            \(Self.rest) AS rest
          FROM pace WHERE merchant = ? AND kind = ?
          """, key
        ).first
        guard let row else {
          try connection.execute(
            "INSERT IGNORE INTO pace (merchant, kind, next_at) VALUES (?, ?, 0)", key)
          continue
        }
        let pause = secondsUntilDue(microseconds: try row.integer("pause"))
        guard pause > 0 else {
          let rest = try row.integer("rest")
          // The row, or its moment, came to be since the update.
          guard rest > most else { continue }
          return .delayed(.crowded(seconds: secondsUntilDue(microseconds: rest)))
        }
        let columns = Columns(table: "pace", row: row)
        return .delayed(
          .paused(
            Pause(
              seconds: pause, wait: try columns.optional("pause_wait", RefundWait.init) ?? .pace,
              remark: try row.optionalText("pause_remark") ?? "")))
      }
    }
  }

  /// Holds a merchant's calls back: WeChat has said that there were too many, or nothing can come
  /// of them until a person has mended the configuration.
  package func pause(
    _ kind: Kind, _ merchant: MerchantName, seconds: Int64, _ wait: RefundWait, _ remark: String,
    until deadline: ContinuousClock.Instant
  ) throws {
    let end = Value.integer(dueAfter(seconds: seconds))
    let reason: [Value] = [.text(wait.rawValue), .text(remark.abridged(to: 255))]
    try database.withConnection(until: deadline) { connection in
      _ = try connection.execute(
        """
        INSERT INTO pace (merchant, kind, next_at, paused_until, pause_wait, pause_remark)
        VALUES (?, ?, 0, \(databaseNow) + ?, ?, ?)
        ON DUPLICATE KEY UPDATE paused_until = GREATEST(paused_until, \(databaseNow) + ?),
          pause_wait = ?, pause_remark = ?
        """,
        [.text(merchant.text), .text(kind.rawValue), end] + reason + [end] + reason)
    }
  }

  /// Ends a pause that waits for a person, who says that the cause is gone. What WeChat has asked
  /// for is no person's to end.
  package func resume(
    _ kind: Kind, _ merchant: MerchantName, until deadline: ContinuousClock.Instant
  ) throws {
    try database.withConnection(until: deadline) { connection in
      _ = try connection.execute(
        """
        UPDATE pace SET paused_until = 0
        WHERE merchant = ? AND kind = ? AND pause_wait = '\(RefundWait.configuration.rawValue)'
        """, [.text(merchant.text), .text(kind.rawValue)])
    }
  }
}
