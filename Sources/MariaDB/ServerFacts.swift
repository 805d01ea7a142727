/// What a server says about itself, and whether payments may be entrusted to it.
package struct ServerFacts: Sendable, Equatable {
  /// The server's own words, e.g. `10.11.6-MariaDB-0+deb12u1`.
  package let version: String
  /// `max_connections`: how many there may be at once, those of other programs included.
  package let maximumConnections: Int?
  /// `innodb_flush_log_at_trx_commit`: 1 writes every commit to the disk before it is answered.
  private let flushLogAtCommit: String
  /// `log_bin`: whether the server keeps a binary log, with which its own log must agree.
  private let hasBinaryLog: Bool
  /// `binlog_format`: what the binary log holds, rows or statements.
  private let binaryLogFormat: String
  /// `sync_binlog`: 1 writes the binary log to the disk at every commit.
  private let syncBinaryLog: String
  /// `innodb_doublewrite`: whether a page torn by a power cut can be repaired.
  private let hasDoublewrite: Bool

  init(version: String, variables: [String: String]) {
    self.version = version
    maximumConnections = variables["max_connections"].flatMap { Int($0) }
    flushLogAtCommit = variables["innodb_flush_log_at_trx_commit"] ?? "missing"
    hasBinaryLog = variables["log_bin"] == "ON"
    binaryLogFormat = variables["binlog_format"] ?? "missing"
    syncBinaryLog = variables["sync_binlog"] ?? "missing"
    hasDoublewrite = variables["innodb_doublewrite"].map { $0 != "OFF" } ?? false
  }

  /// A sentence for each reason not to start on this server; empty when there is none.
  package var faults: [String] {
    var faults: [String] = []
    if let fault = Self.fault(ofVersion: version) { faults.append(fault) }
    if flushLogAtCommit != "1" {
      faults.append(
        "innodb_flush_log_at_trx_commit is \(flushLogAtCommit), expected 1: otherwise a power cut"
          + " loses payments that were acknowledged; set it in the server's configuration.")
    }
    if hasBinaryLog, syncBinaryLog != "1" {
      faults.append(
        "sync_binlog is \(syncBinaryLog) while log_bin is ON, expected 1: otherwise a power cut"
          + " loses what replicas and backups need; set it in the server's configuration.")
    }
    if hasBinaryLog, binaryLogFormat == "STATEMENT" {
      faults.append(
        "binlog_format is STATEMENT while log_bin is ON, expected ROW or MIXED: otherwise every"
          + " change of ours is refused (error 1665); set it in the server's configuration.")
    }
    if !hasDoublewrite {
      faults.append(
        "innodb_doublewrite is OFF, expected ON: otherwise a power cut can tear a page for good;"
          + " set it in the server's configuration.")
    }
    return faults
  }

  /// Why a server of this version is refused, `nil` when it is not.
  static func fault(ofVersion version: String) -> String? {
    guard isMariaDB(version) else {
      return "The server is \(version.isEmpty ? "of an unknown kind" : version), which is not"
        + " MariaDB; MariaDB 10.6 or later is required, MySQL is not supported."
    }
    let numbers = version.split(separator: "-").first?.split(separator: ".").compactMap { Int($0) }
    guard let numbers, numbers.count >= 2, (numbers[0], numbers[1]) >= (10, 6) else {
      return "The server is \(version); MariaDB 10.6 or later is required."
    }
    return nil
  }

  private static func isMariaDB(_ version: String) -> Bool {
    version.split(separator: "-").contains { $0.lowercased() == "mariadb" }
  }
}
