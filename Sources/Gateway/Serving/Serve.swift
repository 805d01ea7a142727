import Checkout
package import Configuration
import Linux
import Logging
import MariaDB
import Outbox
import Server

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
    let services = try Services(
      settings, Database(settings.database.service, connections: Settings.dutyWorkers), logger)
    let duties = DutyWorkers(services, ShopChannels(settings, workers: Settings.dutyWorkers))
    Signals.ignoreBrokenPipe()
    let workers = try duties.start(Settings.dutyWorkers)
    logger.notice("working", metadata: ["workers": "\(Settings.dutyWorkers)"])
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
