package import MariaDB
import Payments

/// Whether MariaDB stores what a payment needs, as far as all processes and machines have found out.
///
/// A server whose disk or tablespace is full still takes a change of a row that is there, which needs
/// no room, while it refuses every new row (1114). So a refusal that a request has met is remembered,
/// in a row that is there, until a new row would be stored again.
package struct WritingProof: Sendable {
  private let database: Database

  package init(_ database: Database) { self.database = database }

  /// The row of `pace` that stands for nobody.
  private static let row = "merchant = '-' AND kind = 'health'"

  /// Commits a small change.
  ///
  /// - Returns: where the server has its data, on its own machine.
  /// - Throws: `MariaDBError` when the server takes nothing, as one that is read-only.
  package func proveChange(until deadline: ContinuousClock.Instant) throws -> String? {
    try database.withConnection(until: deadline) { connection in
      try connection.execute(
        """
        INSERT INTO pace (merchant, kind, next_at) VALUES ('-', 'health', \(databaseNow))
        ON DUPLICATE KEY UPDATE next_at = VALUES(next_at)
        """)
      return try connection.query("SELECT @@datadir AS folder").first?.optionalText("folder")
    }
  }

  /// Remembers that a new row was refused, for all processes.
  package func remember(_ refusal: String, until deadline: ContinuousClock.Instant) throws {
    try database.withConnection(until: deadline) { connection in
      _ = try connection.execute(
        """
        INSERT INTO pace (merchant, kind, next_at, paused_until, pause_remark)
        VALUES ('-', 'health', 0, \(databaseNow), ?)
        ON DUPLICATE KEY UPDATE paused_until = VALUES(paused_until),
          pause_remark = VALUES(pause_remark)
        """, [.text(refusal.abridged(to: 255))])
    }
  }

  /// If a new row was refused, finds out whether it still would be.
  ///
  /// It is tried then only, and with one row in a transaction: to take several back on a disk that is
  /// full has ended MariaDB 10.11 itself ("Out of disk space in rollback").
  ///
  /// - Throws: `MariaDBError` while the server refuses.
  package func proveRoom(until deadline: ContinuousClock.Instant) throws {
    try database.withConnection(until: deadline) { connection in
      let remembered = try connection.query(
        "SELECT paused_until AS at FROM pace WHERE paused_until > 0 AND \(Self.row)"
      ).first?.integer("at")
      guard let remembered else { return }
      try connection.begin()
      // At the end of the table, where the next notification goes, and of half a page: it fits into
      // what is left of the last one hardly ever.
      try connection.execute(
        """
        INSERT INTO notification (merchant, digest, outcome, body, received_at)
        VALUES ('-', UNHEX(SHA2(UUID(), 256)), 'ignored', REPEAT('-', 7000), 0)
        """)
      try connection.rollback()
      try connection.execute(
        """
        UPDATE pace SET paused_until = 0, pause_remark = NULL
        WHERE paused_until = ? AND \(Self.row)
        """, [.integer(remembered)])
    }
  }
}
