package import Configuration
import Curl
import Linux
import Logging
import MariaDB
import Payments
import Pooling
import Server
import Store
import WeChatPay

extension Gateway {
  /// Runs the gateway in this one process until SIGTERM or SIGINT, then finishes what is under way.
  ///
  /// - Parameter dutyWorkers: how many threads do what is due; 0 leaves that to another process.
  /// - Throws: what keeps it from starting: the database is out of reach, not migrated, or not the
  ///   one we need; a certificate that belongs to another key; a socket is taken. `ServeFailure` when
  ///   it did not end well.
  package static func serve(_ settings: Settings, dutyWorkers: Int) throws {
    // Before any other thread exists: signals go to the one thread that waits for them.
    Signals.block()
    let logger = try prepare(settings)
    for finding in try StartCheck.run(settings) { logger.warning("\(finding.line)") }
    let sockets = try OpenSockets(settings)
    let service = try Service(settings, sockets.all, dutyWorkers: dutyWorkers, logger)
    let signals = try NativeThread.start(name: "signals") {
      while Signals.wait() != .terminate {
        logger.notice("reload is not done by a single process; restart it")
      }
      logger.notice("stopping", metadata: ["reason": "signal"])
      if sockets.areOurs { service.stop() } else { service.leave() }
    }
    signals.detach()
    try service.run(patience: .seconds(6)) { ServiceManager.notify("READY=1") }
  }

  /// Does what is due until SIGTERM or SIGINT, then finishes what is under way.
  ///
  /// - Throws: what keeps `serve` from starting, but for the sockets.
  package static func work(_ settings: Settings) throws {
    Signals.block()
    let logger = try prepare(settings)
    for finding in try StartCheck.run(settings) { logger.warning("\(finding.line)") }
    let duties = DutyWorkers(
      Gateway(
        settings: settings,
        database: Database(settings.database.service, connections: dutyWorkers),
        hosts: settings.weChatHosts, identities: try settings.identitySessions(), logger: logger))
    Signals.ignoreBrokenPipe()
    let workers = try duties.start(dutyWorkers)
    logger.notice("working", metadata: ["workers": "\(dutyWorkers)"])
    while Signals.wait() != .terminate {}
    logger.notice("stopping", metadata: ["reason": "signal"])
    duties.stop()
    for worker in workers { worker.join() }
  }

  /// What each process does first, once its signals are blocked.
  ///
  /// - Parameter worker: its number, which stands in each line of its log; nil without a supervisor.
  static func prepare(_ settings: Settings, worker: Int? = nil) throws -> Logger {
    try forbidCoreDumps()
    // What tests and sanitizers look at in a debug build is closed in what is shipped.
    #if !CRASH_POINTS
      forbidInspection()
    #endif
    LoggingSystem.bootstrap { _ in
      var handler = LineLogHandler(format: settings.logFormat)
      handler.metadata["worker"] = worker.map { "\($0)" }
      return handler
    }
    return Logger(label: "weixinpay")
  }
}

/// The three sockets, each with its own workers.
func listeners(_ settings: Settings) -> [Listener] {
  let listen = settings.listen
  return [
    (Route.Socket.api, listen.api), (.notify, listen.notify), (.merchant, listen.merchant),
  ].map {
    Listener(name: $0.rawValue, path: $1.socket, workers: $1.workers, deadline: $1.deadline)
  }
}

extension Settings {
  /// root, ourselves, and nginx's workers under whichever name they run here.
  var allowedUserIDs: Set<UInt32> {
    Set([0, effectiveUserID()] + listen.peers.compactMap(userID(named:)))
  }

  /// As many sessions as workers may wait for WeChat at once; a quarter of the buyers' workers may
  /// wait for a login.
  var weChatHosts: WeChatHosts {
    let options = SessionOptions(caFile: wechat.caFile)
    func sessions(_ capacity: Int) -> Pool<Session> {
      Pool(capacity: capacity) { try Session(options) }
    }
    return WeChatHosts(
      pay: wechat.pay, login: wechat.login,
      sessions: sessions(listen.api.workers + listen.merchant.workers + Gateway.dutyWorkers),
      loginSessions: sessions(max(1, listen.api.workers / 4)))
  }
}

extension Settings {
  /// The sessions of each merchant that has a certificate. Certificate and key are read once, here.
  ///
  /// Few at once: WeChat wants no simultaneous refunds of one buyer, and each call has its own
  /// connection anyway.
  func identitySessions() throws -> [MerchantName: Pool<Session>] {
    let options = SessionOptions(caFile: wechat.caFile)
    let pools = try certificates.map { files in
      let refunding = options.forRefunds(
        as: ClientIdentity(
          certificate: Array(try files.certificate.text().utf8),
          privateKey: Array(try files.privateKey.text().utf8)))
      return (files.merchant, Pool<Session>(capacity: 8) { try Session(refunding) })
    }
    return Dictionary(uniqueKeysWithValues: pools)
  }
}

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
        "The database lacks \(schema.missing.joined(separator: ", ")); run weixinpay migrate.")
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
