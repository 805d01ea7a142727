import Linux
import MariaDB
import Store

extension Check {
  /// The database as the service's account sees it.
  static func checkDatabase(_ settings: Settings) -> [Finding] {
    let database = settings.database
    do {
      var connection = try Connection(database.service)
      let facts = try connection.serverFacts()
      let faults = facts.faults.map { Finding.fail("database", $0, "see above; then restart it") }
      guard faults.isEmpty else { return faults }
      return [.ok("database", "MariaDB \(facts.version), durable")]
        + checkConnections(settings, facts) + (try checkTime(&connection))
        + (try checkSchema(&connection))
    } catch let error as MariaDBError {
      return [.fail("database", error.message, error.remedy(for: database))]
    } catch {
      return [.fail("database", "\(error)", "restore a backup, or ask whoever changed it")]
    }
  }

  /// Leases and deadlines are compared with times that another machine may have written.
  private static func checkTime(_ connection: inout Connection) throws -> [Finding] {
    let rows = try connection.query(
      "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED) AS now")
    guard let theirs = try rows.first?.integer("now") else { return [] }
    let seconds = abs(theirs - microsecondsSince1970()) / 1_000_000
    guard seconds > 5 else { return [.ok("clock", "agrees with the database's")] }
    return [
      .warn(
        "clock", "the database's clock is \(seconds) seconds away from ours",
        "run an NTP client on both machines")
    ]
  }

  private static func checkSchema(_ connection: inout Connection) throws -> [Finding] {
    let schema = try Migrator.compare(&connection)
    guard schema.missing.isEmpty else {
      return [
        .fail(
          "schema", "\(schema.missing.joined(separator: ", ")) not applied yet",
          "run: weixinpay migrate")
      ]
    }
    let newer = checkNewer(schema)
    return (newer.isEmpty ? [.ok("schema", "up to date")] : newer)
      + (try checkOrderNumbers(&connection)) + (try checkRights(&connection))
  }

  /// Another gateway on this database was upgraded, and this one is to follow.
  static func checkNewer(_ schema: Migrator.Comparison) -> [Finding] {
    guard !schema.newer.isEmpty else { return [] }
    return [
      .warn(
        "schema",
        "the database has \(schema.newer.joined(separator: ", ")), which this program does not know",
        "install the newer program here, too")
    ]
  }

  /// A view over a shop's own table may compare its numbers without case, and find one order under
  /// several names.
  private static func checkOrderNumbers(_ connection: inout Connection) throws -> [Finding] {
    let rows = try connection.query(
      """
      SELECT collation_name AS name FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = 'shop_order' AND column_name = 'order_no'
      """)
    guard let collation = try rows.first?.optionalText("name"), !collation.hasSuffix("_bin")
    else { return [] }
    return [
      .warn(
        "shop_order", "order_no is compared by \(collation), which takes ABC for abc",
        "give the column a binary collation, or convert it in the view")
    ]
  }
}

extension MariaDBError {
  /// What to do when the service cannot connect.
  fileprivate func remedy(for database: DatabaseSettings) -> String {
    let server = database.socket ?? "\(database.host ?? ""):\(database.port)"
    return switch code {
    case 1044, 1049, 1146: "run: weixinpay migrate"
    case 1045, 1698:
      "run: weixinpay migrate, which creates the account \(database.user); without a password it is"
        + " for the operating system's user of that name only"
    case 1040, 1203, 1226:
      "set max_connections higher in MariaDB (or the account's own limit), or processes and"
        + " connections lower here"
    case 1461: "set max_prepared_stmt_count higher in MariaDB"
    case 2002, 2003, 2005: "start MariaDB, or correct \(server) in the section database"
    case 2026: "look at database.ca_file and the server's certificate"
    default: "look at MariaDB's own log"
    }
  }
}
