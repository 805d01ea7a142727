package import Configuration
import Linux
import Logging
import Server

extension Gateway {
  /// What a worker process inherits: its lifeline, then the sockets.
  private static let inherited = (lifeline: Int32(3), sockets: [4, 5, 6] as [Int32])

  /// Runs one worker process, until its supervisor tells it to end or ends itself.
  ///
  /// Old supervisors start new workers when the program was replaced: the arguments of `serve
  /// --worker`, the descriptors and the one byte on the lifeline are a contract.
  ///
  /// - Parameters:
  ///   - settings: those of the whole machine, of which it takes its share.
  ///   - number: which of the workers it is.
  ///   - dutyWorkers: how many threads of all processes together do what is due.
  ///   - ownsSockets: whether the supervisor has made the sockets, so that they end with it.
  /// - Throws: as `serve`.
  package static func serve(
    _ settings: Settings, asWorker number: Int, dutyWorkers: Int, ownsSockets: Bool
  ) throws {
    Signals.heedSupervisorOnly()
    let lifeline = try Lifeline(inherited: inherited.lifeline)
    let logger = try prepare(settings, worker: number)
    let share = settings.shareOfOneProcess
    // All workers find the same, and one of them tells.
    for finding in try StartCheck.run(settings) where number == 1 {
      logger.warning("\(finding.line)")
    }
    let sockets = try OpenSockets(
      inherited: inherited.sockets, areOurs: ownsSockets, share)
    let service = try Service(
      share, sockets.all, dutyWorkers: settings.shareOfOneProcess(of: dutyWorkers), logger)

    let signals = try NativeThread.start(name: "signals") {
      while Signals.wait() != .terminate {}
      service.leave()
    }
    signals.detach()
    let watch = try NativeThread.start(name: "supervisor") {
      while lifeline.receive() != .ended {}
      logger.error("the supervisor is gone; stopping")
      // Nobody else would take what waits in a socket of ours; one of systemd's has another owner.
      if ownsSockets { service.stop() } else { service.leave() }
    }
    watch.detach()
    // A worker that is replaced lets everybody have his answer, and its duties find their end; when
    // all are to end, it is the supervisor who does not wait as long.
    try service.run(patience: .seconds(60)) { lifeline.send(UInt8(settings.processes)) }
  }
}
