import Configuration
import Linux
import MariaDB
import Payments
import Store

extension Check {
  /// The database as the service's account sees it.
  ///
  /// - Parameters:
  ///   - settings: `nil` when others of them have faults: then nothing is compared with them.
  ///   - file: the configuration file.
  static func checkDatabase(
    _ database: DatabaseSettings, _ settings: Settings?, file: String
  ) -> [Finding] {
    do {
      var connection = try Connection(database.service)
      let facts = try connection.serverFacts()
      let faults = facts.faults.map { Finding(serverFault: $0) }
      guard faults.isEmpty else { return faults }
      if let fault = try checkWritable(&connection) { return [fault] }
      return [.ok("database", "MariaDB \(facts.version), durable")]
        + (settings.map { checkConnections($0, facts) } ?? [])
        + (try checkSpace(&connection, database))
        + (try checkTime(&connection)) + (try checkSchema(&connection, settings, file: file))
    } catch let error as MariaDBError {
      return [.fail("database", error.message, error.remedy(for: database, file: file))]
    } catch {
      return [.fail("database", "\(error)", "restore a backup, or ask whoever changed it")]
    }
  }

  /// A server that takes nothing, as a replica does.
  private static func checkWritable(_ connection: inout Connection) throws -> Finding? {
    let rows = try connection.query("SELECT CAST(@@global.read_only AS CHAR) AS read_only")
    guard let word = try rows.first?.optionalText("read_only"), !["0", "OFF"].contains(word)
    else { return nil }
    return .fail(
      "database", "MariaDB takes no changes (read_only is \(word == "1" ? "ON" : word))",
      "name the primary server; or SET GLOBAL read_only = OFF, and take it out of MariaDB's settings"
    )
  }

  /// A full disk refuses every payment. Another machine's disk cannot be seen from here.
  private static func checkSpace(
    _ connection: inout Connection, _ database: DatabaseSettings
  ) throws -> [Finding] {
    guard database.host == nil,
      let folder = try connection.query("SELECT @@datadir AS folder").first?.optionalText("folder"),
      let free = freeBytes(at: folder)
    else { return [] }
    return [checkSpace(free: free, at: folder)]
  }

  static func checkSpace(free: Int64, at folder: String) -> Finding {
    let megabytes = free >> 20
    let remedy = "make room in the file system of \(folder)"
    if megabytes < 128 {
      return .fail("disk", "\(megabytes) MiB are free for MariaDB's data", remedy)
    }
    if megabytes < 1024 {
      return .warn("disk", "\(megabytes) MiB are free for MariaDB's data", remedy)
    }
    return .ok("disk", "\(megabytes >> 10) GiB are free for MariaDB's data")
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

  private static func checkSchema(
    _ connection: inout Connection, _ settings: Settings?, file: String
  ) throws -> [Finding] {
    let schema = try Migrator.compare(&connection)
    guard schema.missing.isEmpty else {
      return [
        .fail(
          "schema", "\(schema.missing.joined(separator: ", ")) not applied yet",
          "run as root: \(OperatorCommand.migrate(file))")
      ]
    }
    let newer = checkNewer(schema)
    return (newer.isEmpty ? [.ok("schema", "up to date")] : newer)
      + (try checkOrderNumbers(&connection)) + (try checkRights(&connection, file: file))
      + (try settings.map { try checkAttempts(&connection, $0) + checkClaims(&connection, $0) }
        ?? [])
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
  fileprivate func remedy(for database: DatabaseSettings, file: String) -> String {
    let migrate = OperatorCommand.migrate(file)
    let server = database.socket ?? "\(database.host ?? ""):\(database.port)"
    guard !isOfAnonymousAccount else {
      return "MariaDB has no account \(database.user): correct database.user, or run as root:"
        + " \(migrate), which creates it"
    }
    return switch code {
    case 1044, 1049, 1146: "run as root: \(migrate); or correct database.name"
    case 1045, 1698:
      "run as root: \(migrate), which creates the account \(database.user); without a password it"
        + " is for the operating system's user of that name only"
    case 1040, 1203, 1226:
      "set max_connections higher in MariaDB (or the account's own limit), or processes and"
        + " connections lower here"
    case 1461: "set max_prepared_stmt_count higher in MariaDB"
    case 2002, 2003, 2005: "start MariaDB, or correct \(server) in the section database"
    case 2026: "look at database.ca_file and the server's certificate"
    default: whatToDoToStore ?? "look at MariaDB's own log"
    }
  }
}

extension Finding {
  /// - Parameter fault: a sentence, and behind its last semicolon what to do.
  fileprivate init(serverFault fault: String) {
    let parts = fault.split(separator: ";").map { $0.drop { $0 == " " } }
    let remedy = (parts.count > 1 ? parts.last : nil).map { $0.filter { $0 != "." } }
    self = .fail(
      "database", parts.count > 1 ? parts.dropLast().joined(separator: ";") : fault.sentence,
      remedy.map { "\($0), and restart MariaDB" } ?? "install MariaDB 10.6 or later")
  }
}

extension String {
  /// Without the full stop at its end.
  fileprivate var sentence: String { hasSuffix(".") ? String(dropLast()) : self }
}
