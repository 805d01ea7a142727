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
  /// Runs the gateway until SIGTERM or SIGINT, then finishes what is under way.
  ///
  /// - Parameter dutyWorkers: how many threads do what is due; 0 leaves that to another process.
  /// - Throws: what keeps it from starting: the database is out of reach, not migrated, or not the
  ///   one we need; a certificate that belongs to another key; a socket is taken.
  public static func serve(_ settings: Settings, dutyWorkers: Int) throws {
    let logger = try prepare(settings)
    try StartCheck.run(settings)
    let hosts = settings.weChatHosts
    let identities = try settings.identitySessions()
    let sockets = listeners(settings)
    // A gateway for each socket, with connections of its own: a rush on one leaves the others theirs.
    let gateways = Dictionary(
      uniqueKeysWithValues: sockets.map { socket in
        let database = Database(
          settings.database.service, connections: settings.database.connections)
        let gateway = Gateway(
          settings: settings, database: database, hosts: hosts, identities: identities,
          logger: logger)
        return (socket.name, gateway)
      })
    let duties = DutyWorkers(
      Gateway(
        settings: settings,
        database: Database(settings.database.service, connections: max(1, dutyWorkers)),
        hosts: hosts, identities: identities, logger: logger))
    let server = try Server(
      listeners: sockets, allowedUserIDs: settings.allowedUserIDs, logger: logger
    ) { request, socket in
      guard let gateway = gateways[socket] else {
        preconditionFailure("Requests come from the sockets above, and from no other.")
      }
      return gateway.respond(to: request, on: socket)
    }
    // libfcgi installed handlers of its own; a peer that hung up must not end the process.
    Signals.ignoreBrokenPipe()

    let signals = try NativeThread.start(name: "signals") {
      while Signals.wait() != .terminate {
        logger.notice("reload is not done by a single process; restart it")
      }
      logger.notice("stopping", metadata: ["reason": "signal"])
      duties.stop()
      server.stop()
    }
    let workers = try duties.start(dutyWorkers)
    logger.notice(
      "serving", metadata: ["sockets": "\(sockets.map(\.path).joined(separator: " "))"])
    let ending = server.run()
    logger.notice("stopped", metadata: ["ending": "\(ending)"])
    workers.forEach { $0.join() }
    signals.join()
  }
}

extension Gateway {
  /// Does what is due until SIGTERM or SIGINT, then finishes what is under way.
  ///
  /// - Throws: what keeps `serve` from starting, but for the sockets.
  public static func work(_ settings: Settings) throws {
    let logger = try prepare(settings)
    try StartCheck.run(settings)
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
    workers.forEach { $0.join() }
  }

  /// Before any other thread exists: signals go to the one thread that waits for them.
  private static func prepare(_ settings: Settings) throws -> Logger {
    Signals.block()
    try forbidCoreDumps()
    LoggingSystem.bootstrap { _ in LineLogHandler(format: settings.logFormat) }
    return Logger(label: "weixinpay")
  }
}

/// The three sockets, each with its own workers.
private func listeners(_ settings: Settings) -> [Listener] {
  let listen = settings.listen
  return [
    (Route.Socket.api, listen.api), (.notify, listen.notify), (.merchant, listen.merchant),
  ].map {
    Listener(name: $0.rawValue, path: $1.socket, workers: $1.workers, deadline: $1.deadline)
  }
}

extension Settings {
  /// root, ourselves, and nginx's workers under whichever name they run here.
  fileprivate var allowedUserIDs: Set<UInt32> {
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
    // An expired certificate is no reason: buyers can pay, and refunds wait for another one.
    for finding in settings.certificates.flatMap({ $0.check() }) where finding.level == .fail {
      reasons.append(finding.line)
    }
    guard reasons.isEmpty else { throw StartRefusal(reasons: reasons) }
  }
}

/// Why the gateway does not start.
struct StartRefusal: Error, CustomStringConvertible {
  let reasons: [String]
  var description: String { reasons.joined(separator: "\n") }
}
