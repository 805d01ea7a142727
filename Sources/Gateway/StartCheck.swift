import MariaDB
import Store

/// What must be true before the first request: otherwise the gateway would promise what it cannot
/// keep.
enum StartCheck {
  /// - Throws: `StartRefusal` with every reason at once; `MariaDBError` when the database is out of
  ///   reach; `MigrationRefusal` when it is half migrated.
  static func run(_ settings: Settings) throws {
    var connection = try Connection(settings.database.service)
    var reasons = try connection.serverFacts().faults
    let missing = try Migrator.missing(&connection)
    if !missing.isEmpty {
      reasons.append(
        "The database lacks \(missing.joined(separator: ", ")); run weixinpay migrate.")
    }
    guard reasons.isEmpty else { throw StartRefusal(reasons: reasons) }
  }
}

/// Why the gateway does not start.
public struct StartRefusal: Error, Sendable, CustomStringConvertible {
  public let reasons: [String]
  public var description: String { reasons.joined(separator: "\n") }
}
