import Configuration
import MariaDB
import Store

/// What must be true before the first request: otherwise the gateway would promise what it cannot
/// keep.
enum StartCheck {
  /// - Returns: what does not keep it from starting, and somebody should look at.
  /// - Throws: `StartRefusal` with every reason at once; `MariaDBError` when the database is out of
  ///   reach; `MigrationRefusal` when it is half migrated.
  static func run(_ settings: Settings) throws -> [Finding] {
    var connection = try Connection(settings.database.service)
    let facts = try connection.serverFacts()
    var reasons = facts.faults
    let schema = try Migrator.compare(&connection)
    if !schema.missing.isEmpty {
      reasons.append(
        "The database lacks \(schema.missing.joined(separator: ", ")); run as root:"
          + " \(OperatorCommand.migrate(settings.file))")
    }
    // An expired certificate is no reason: buyers can pay, and refunds wait for another one.
    for finding in settings.certificates.flatMap({ $0.check() }) where finding.level == .fail {
      reasons.append(finding.line)
    }
    guard reasons.isEmpty else { throw StartRefusal(reasons: reasons) }
    // Nor are the shop's tables: who may change them knows nothing of us, and what they do not take
    // is told again.
    let findings =
      Check.checkNewer(schema) + Check.checkConnections(settings, facts)
      + (try Check.checkAttempts(&connection, settings)) + Check.checkShop(settings)
      + Check.checkSecrets(settings)
    return findings.filter { $0.level != .ok }
  }
}

/// Why the gateway does not start.
struct StartRefusal: Error, CustomStringConvertible {
  let reasons: [String]
  var description: String { reasons.joined(separator: "\n") }
}
