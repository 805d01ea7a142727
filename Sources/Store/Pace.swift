import Linux
public import MariaDB
public import Payments

/// How fast calls to WeChat may follow each other on a merchant's behalf, counted over all
/// processes and machines.
public struct Pace: Sendable {
  /// Which calls are counted together.
  public enum Kind: String, Sendable {
    /// 申请退款: 150 in a second, 83 for orders older than a month. This keeps below 75.
    case refund
    /// 查询订单, 关闭订单: WeChat names no number; 100 in a second is what is asked of it here.
    case query

    fileprivate var spacingMicroseconds: Int64 {
      switch self {
      case .refund: 13_500
      case .query: 10_000
      }
    }
  }

  private let database: Database

  public init(_ database: Database) { self.database = database }

  /// Takes the moment of a call that may go out now.
  ///
  /// - Returns: `nil` when it may; or else in how many seconds, at the earliest, one may.
  public func take(
    _ kind: Kind, _ merchant: MerchantName, until deadline: ContinuousClock.Instant
  ) throws -> Int64? {
    let key: [Value] = [.text(merchant.text), .text(kind.rawValue)]
    return try database.withConnection(until: deadline) { connection in
      try connection.execute(
        "INSERT IGNORE INTO pace (merchant, kind, next_at) VALUES (?, ?, 0)", key)
      let taken = try connection.execute(
        """
        UPDATE pace SET next_at = \(databaseNow) + ?
        WHERE merchant = ? AND kind = ? AND next_at <= \(databaseNow)
        """, [.integer(kind.spacingMicroseconds)] + key)
      guard taken != 1 else { return nil }
      let rows = try connection.query(
        """
        SELECT GREATEST(next_at - \(databaseNow), 0) AS rest FROM pace
        WHERE merchant = ? AND kind = ?
        """, key)
      return try rows.first.map { secondsUntilDue(microseconds: try $0.integer("rest")) } ?? 0
    }
  }

  /// Holds a merchant's calls back: WeChat has said that there were too many, or nothing can come
  /// of them until somebody has mended the configuration.
  public func pause(
    _ kind: Kind, _ merchant: MerchantName, seconds: Int64,
    until deadline: ContinuousClock.Instant
  ) throws {
    try database.withConnection(until: deadline) { connection in
      _ = try connection.execute(
        """
        UPDATE pace SET next_at = GREATEST(next_at, \(databaseNow) + ?)
        WHERE merchant = ? AND kind = ?
        """,
        [.integer(dueAfter(seconds: seconds)), .text(merchant.text), .text(kind.rawValue)])
    }
  }
}
