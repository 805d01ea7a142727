import Foundation
import MariaDB
import Synchronization

/// A MariaDB server of the tests' own: in a temporary folder, reachable by its unix socket alone,
/// gone with the test process. As durable as production's (`innodb_flush_log_at_trx_commit` 1),
/// otherwise small.
///
/// `shared` serves everyone who only needs a database. Tests that freeze, kill or configure a server
/// start one of their own.
package final class PrivateMariaDB: Sendable {
  /// Defaults of the session that are not MariaDB's own, each of which is found on real servers.
  package static let unusualOptions = [
    "--character-set-server=gbk", "--collation-server=gbk_bin",
    "--skip-character-set-client-handshake", "--sql-mode=ORACLE", "--default-time-zone=+08:00",
    "--transaction-isolation=SERIALIZABLE", "--transaction-read-only=ON", "--autocommit=0",
    "--completion-type=CHAIN", "--innodb-lock-wait-timeout=50", "--lock-wait-timeout=86400",
    "--lc-messages=zh_CN", "--group-concat-max-len=4", "--max-sort-length=8",
    "--old-mode=NO_DUP_KEY_WARNINGS_WITH_IGNORE", "--default-storage-engine=MyISAM",
    "--innodb-default-row-format=redundant", "--max-statement-time=0.2", "--wait-timeout=2",
    "--idle-transaction-timeout=1", "--max-join-size=10",
    "--init-connect=SET NAMES latin1, sql_safe_updates = 1, sql_select_limit = 1,"
      + " foreign_key_checks = 0, sql_auto_is_null = 1, autocommit = 0",
  ]

  /// The server of this test process, started at the first use.
  package static var shared: PrivateMariaDB {
    get throws { try sharedServer.get() }
  }

  private static let sharedServer = Result { try PrivateMariaDB() }

  /// The path of the server's unix socket.
  package let socket: String
  /// The administrator; it has no password, and the socket's folder keeps everybody else out.
  package let user = "root"

  private let folder: TemporaryFolder
  private let options: [String]
  private let server: Mutex<ChildProcess>

  /// Sets a server up and starts it, which takes 1 to 3 seconds.
  ///
  /// - Parameters:
  ///   - extraOptions: for `mariadbd`, e.g. `--sync-binlog=0`; they win over the usual ones.
  ///   - dataOptions: what the data must be made with already, such as the files it may fill.
  /// - Throws: `TestSupportError` with the server's log when it does not come up, and with the names
  ///   of the Debian packages when it is not installed.
  package init(extraOptions: [String] = [], dataOptions: [String] = []) throws {
    folder = try TemporaryFolder()
    socket = folder.file("mariadb.sock")
    let ownUser = geteuid() == 0 ? ["--user=root"] : []
    let data = "--datadir=\(folder.file("data"))"
    options =
      ["--no-defaults"] + ownUser + [
        data, "--socket=\(socket)", "--pid-file=\(folder.file("pid"))",
        "--tmpdir=\(folder.path)", "--skip-networking", "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=32M",
        "--innodb-log-file-size=16M", "--key-buffer-size=1M", "--aria-pagecache-buffer-size=1M",
        "--performance-schema=OFF", "--max-connections=400",
      ] + dataOptions + extraOptions
    try ChildProcess.run(
      Self.program("mariadb-install-db"),
      ["--no-defaults"] + ownUser + [
        data, "--tmpdir=\(folder.path)", "--innodb-log-file-size=16M",
        "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
      ] + dataOptions)
    server = Mutex(try Self.start(options, folder: folder, socket: socket))
  }

  /// Creates a fresh, empty database and returns its name: `test_` and 16 hexadecimal digits.
  package func createDatabase() throws -> String {
    let number = String(UInt64.random(in: .min ... .max), radix: 16)
    let name = "test_" + String(repeating: "0", count: 16 - number.count) + number
    var connection = try Connection(settings(database: nil))
    try connection.run("CREATE DATABASE \(name) CHARACTER SET utf8mb4")
    return name
  }

  /// How to connect to `database` on this server.
  package func settings(database: String?) -> ConnectionSettings {
    ConnectionSettings(
      socket: socket, host: nil, port: 0, caFile: nil, user: user, password: nil,
      database: database)
  }

  /// Stops the server in its tracks: connections stay open, nothing is answered.
  package func freeze() { server.withLock { $0.freeze() } }

  /// Lets a frozen server go on where it stopped.
  package func thaw() { server.withLock { $0.send(SIGCONT) } }

  /// Ends the server as a power cut would.
  package func kill() throws {
    try server.withLock { server in
      server.kill9()
      try server.wait()
    }
  }

  /// Kills the server if it still runs and starts it again with the same data.
  package func restart() throws {
    try server.withLock { server in
      server.kill9()
      try server.wait()
      // A killed server leaves its socket behind, which would look like a server that is up.
      unlink(socket)
      server = try Self.start(options, folder: folder, socket: socket)
    }
  }

  private static func start(
    _ options: [String], folder: TemporaryFolder, socket: String
  ) throws -> ChildProcess {
    let log = folder.file("log")
    let server = try ChildProcess.start(
      program("mariadbd"), options, log: log, removing: folder)
    let end = ContinuousClock.now + .seconds(60)
    while !answers(at: socket) {
      guard server.isRunning, ContinuousClock.now < end else {
        let output = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw TestSupportError("mariadbd does not come up:\n\(output)")
      }
      usleep(20_000)
    }
    return server
  }

  private static func answers(at socket: String) -> Bool {
    let settings = ConnectionSettings(
      socket: socket, host: nil, port: 0, caFile: nil, user: "root", password: nil, database: nil)
    return (try? Connection(settings)) != nil
  }

  /// Debian keeps servers in `/usr/sbin`, which is not in every user's `PATH`.
  private static func program(_ name: String) throws -> String {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    for folder in path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/bin"] {
      if access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
    }
    throw TestSupportError("\(name) is missing: apt-get install mariadb-server")
  }
}
