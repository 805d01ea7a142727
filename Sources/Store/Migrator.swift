package import MariaDB
import Payments

/// Creates the database, its tables and the gateway's own account.
///
/// Runs under an account that may do so, as a rule `root` through the unix socket; the gateway
/// itself runs under an account that may not.
package struct Migrator: Sendable {
  /// The account that `serve` uses.
  package struct ServiceAccount: Sendable {
    package let user: String
    /// `nil`: the account logs in as the operating system's user of the same name (`unix_socket`),
    /// so that no password is needed on one host.
    package let password: String?

    package init(user: String, password: String?) {
      self.user = user
      self.password = password
    }
  }

  /// What a run has done.
  package struct Report: Sendable, Equatable {
    /// The names of the migrations applied now; empty when there was nothing to do.
    package let applied: [String]
    /// Whether the gateway's account has its rights and no more; false when it migrates by itself.
    package let isServiceAccountLimited: Bool
    /// Whether the gateway's account was created now.
    package let isServiceAccountNew: Bool
    /// The rights that the gateway's account did not have before.
    package let granted: [Grant]

    package var hasChangedNothing: Bool {
      applied.isEmpty && !isServiceAccountNew && granted.isEmpty
    }
  }

  /// Rights of the gateway's account, in MariaDB's words, on some tables.
  package struct Grant: Sendable, Equatable {
    package let right: String
    package let tables: [String]
  }

  /// What a database has of migrations, compared with those that this program knows.
  package struct Comparison: Sendable, Equatable {
    /// The names of those that it lacks.
    package let missing: [String]
    /// The names of those that a newer program has applied, or is applying right now.
    package let newer: [String]
  }

  private let administrator: ConnectionSettings
  private let database: String
  private let service: ServiceAccount

  /// - Parameters:
  ///   - administrator: an account that may create databases and accounts; its `database` is not used.
  ///   - database: the name of the database, made of letters, digits and `_`.
  package init(administrator: ConnectionSettings, database: String, service: ServiceAccount) {
    self.administrator = administrator
    self.database = database
    self.service = service
  }

  /// Applies what is missing. Running it twice changes nothing.
  ///
  /// - Throws: `MigrationRefusal`, `MariaDBError`.
  package func apply() throws -> Report {
    var connection = try Connection(administrator)
    try connection.run(
      "CREATE DATABASE IF NOT EXISTS \(try quoted(database)) "
        + "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    try connection.run("USE \(try quoted(database))")
    try connection.run(Self.versionTable)
    let comparison = try Self.compare(&connection)
    if let newer = comparison.newer.first { throw MigrationRefusal.newerThanProgram(newer) }
    let missing = Migration.all.suffix(comparison.missing.count)
    for migration in missing { try connection.apply(migration) }
    // An account that migrates by itself cannot be kept from changing the journal.
    let isLimited = administrator.user != service.user
    let before = try rights(&connection)
    if isLimited { try limitServiceAccount(&connection) }
    let after = try rights(&connection)
    let changed = Set(after.subtracting(before).map(\.table))
    return Report(
      applied: missing.map(\.name), isServiceAccountLimited: isLimited,
      isServiceAccountNew: before.isEmpty && !after.isEmpty,
      granted: Self.grants.compactMap { grant in
        let tables = grant.tables.filter(changed.contains)
        return tables.isEmpty ? nil : Grant(right: grant.right, tables: tables)
      })
  }

  /// How far the database is, for `check` and `serve`; changes nothing.
  ///
  /// A newer database is as good as ours: a migration leaves everything that the program before it
  /// uses, so that two gateways can be upgraded one after the other.
  ///
  /// - Throws: `MigrationRefusal` when a migration that we know is half applied, or was another.
  package static func compare(_ connection: inout Connection) throws -> Comparison {
    let tables = try connection.query("SHOW TABLES LIKE 'migration'")
    guard !tables.isEmpty else { return Comparison(missing: Migration.all.map(\.name), newer: []) }
    let applied = try connection.query(
      "SELECT number, name, digest, finished FROM migration ORDER BY number")
    for (migration, row) in zip(Migration.all, applied) {
      let name = try row.text("name")
      guard try row.integer("finished") == 1 else { throw MigrationRefusal.halfApplied(name) }
      guard try row.text("digest") == migration.digest else {
        throw MigrationRefusal.changedAfterwards(name)
      }
    }
    return Comparison(
      missing: Migration.all.dropFirst(applied.count).map(\.name),
      newer: try applied.dropFirst(Migration.all.count).map { row in try row.text("name") })
  }

  private static let versionTable = """
    CREATE TABLE IF NOT EXISTS migration (
      number      INT NOT NULL COMMENT 'counts from 1 (编号)',
      name        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                  COMMENT 'file in sql/ (文件名)',
      digest      CHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL
                  COMMENT 'SHA-256 of the file (摘要)',
      finished    TINYINT NOT NULL COMMENT '0 while it runs: a half-applied one stays 0 (是否完成)',
      PRIMARY KEY (number)
    ) ENGINE = InnoDB COMMENT = 'applied migrations (数据库版本)'
    """

  /// The gateway may add to the journal and read it, nothing else; it may change no table.
  private static let grants = [
    Grant(right: "SELECT, INSERT", tables: ["journal", "shop_order", "event"]),
    Grant(
      right: "SELECT, INSERT, UPDATE",
      tables: [
        "payment", "refund", "merchant_token", "duty", "pace", "delivery", "alarm", "order_query",
        "refund_day",
      ]),
    // What WeChat said is kept as it came; only what became of it may be said anew.
    Grant(right: "SELECT, INSERT, UPDATE (outcome)", tables: ["notification"]),
    Grant(right: "SELECT, INSERT, DELETE", tables: ["login_session"]),
    Grant(right: "SELECT", tables: ["migration"]),
  ]

  private struct HeldRight: Hashable {
    /// Empty for the account itself, which MariaDB lists with the right USAGE.
    let table: String
    let word: String
  }

  /// What the service's account may do in the database; empty when there is no such account.
  private func rights(_ connection: inout Connection) throws -> Set<HeldRight> {
    let grantee = Value.text("'\(service.user)'@'localhost'")
    let rows = try connection.query(
      """
      SELECT '' AS name, privilege_type AS word
        FROM information_schema.user_privileges WHERE grantee = ?
      UNION ALL SELECT table_name, privilege_type
        FROM information_schema.table_privileges WHERE grantee = ? AND table_schema = ?
      UNION ALL SELECT table_name, CONCAT(privilege_type, ' ', column_name)
        FROM information_schema.column_privileges WHERE grantee = ? AND table_schema = ?
      """, [grantee, grantee, .text(database), grantee, .text(database)])
    return Set(
      try rows.map { try HeldRight(table: $0.text("name"), word: $0.text("word")) })
  }

  private func limitServiceAccount(_ connection: inout Connection) throws {
    let account = "'\(try plain(service.user))'@'localhost'"
    let identified =
      if let password = service.password {
        "IDENTIFIED BY '\(try plain(password))'"
      } else {
        "IDENTIFIED VIA unix_socket"
      }
    try connection.run("CREATE USER IF NOT EXISTS \(account) \(identified)")
    for grant in Self.grants {
      for table in grant.tables {
        try connection.run("GRANT \(grant.right) ON \(try quoted(database)).\(table) TO \(account)")
      }
    }
  }

  private func quoted(_ name: String) throws -> String { "`\(try plain(name))`" }

  /// Names and passwords stand in the statement itself, as MariaDB takes no parameters there:
  /// only characters that need no quoting are let through.
  private func plain(_ text: String) throws -> String {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0.isAlphanumeric || "_-.".utf8.contains($0) })
    else {
      throw MigrationRefusal.unusableName
    }
    return text
  }
}

extension Connection {
  fileprivate mutating func apply(_ migration: Migration) throws {
    let begun = try executeUnlessTaken(
      "INSERT INTO migration (number, name, digest, finished) VALUES (?, ?, ?, 0)",
      [.integer(Int64(migration.number)), .text(migration.name), .text(migration.digest)])
    guard begun != nil else { throw MigrationRefusal.runsAlready(migration.name) }
    // MariaDB commits each CREATE or ALTER by itself: the row that is not finished is what tells
    // of a migration that stopped half-way.
    for statement in migration.statements { try run(statement) }
    try execute(
      "UPDATE migration SET finished = 1 WHERE number = ?", [.integer(Int64(migration.number))])
  }
}

/// Why the database was not migrated.
package enum MigrationRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  case halfApplied(String)
  case changedAfterwards(String)
  case newerThanProgram(String)
  case runsAlready(String)
  case unusableName

  package var description: String {
    switch self {
    case .halfApplied(let name):
      "migration \(name) was begun and not finished; compare the tables with sql/\(name).sql, "
        + "complete or undo it by hand, then set finished = 1 or delete its row in table migration"
    case .changedAfterwards(let name):
      "migration \(name) was applied in another version; install the program that belongs to this "
        + "database"
    case .newerThanProgram(let name):
      "the database has migration \(name), which this program does not know; install the newer "
        + "program"
    case .runsAlready(let name): "another process is applying migration \(name) right now"
    case .unusableName:
      "names and passwords of the database may hold letters, digits and _ - . only"
    }
  }
}
