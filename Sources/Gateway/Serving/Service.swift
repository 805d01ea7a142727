import Checkout
import Configuration
import Dispatch
import FastCGI
import Linux
import Logging
import MariaDB
import Outbox
import Server

/// What a process does that serves: answers requests, and beside that does what is due.
final class Service: Sendable {
  private let settings: Settings
  private let server: Server
  private let duties: DutyWorkers
  private let dutyWorkers: Int
  private let logger: Logger

  /// - Parameters:
  ///   - sockets: those of `listeners`, in their order.
  ///   - dutyWorkers: how many threads do what is due; 0 leaves that to another process.
  init(
    _ settings: Settings, _ sockets: [ListeningSocket], dutyWorkers: Int, _ logger: Logger
  ) throws {
    let hosts = settings.weChatHosts
    let identities = try settings.identitySessions()
    let writing = WritingHealth()
    func services(connections: Int) -> Services {
      Services(
        settings, Database(settings.database.service, connections: connections), hosts: hosts,
        identities: identities, logger)
    }
    let listeners = listeners(settings)
    // A gateway for each socket, with connections of its own: a rush on one leaves the others theirs.
    let gateways = Dictionary(
      uniqueKeysWithValues: listeners.map {
        (
          $0.name,
          Gateway(
            settings: settings, services: services(connections: settings.database.connections),
            writing: writing)
        )
      })
    server = Server(
      sockets, of: listeners, allowedUserIDs: settings.allowedUserIDs, logger: logger
    ) { request, socket in
      guard let gateway = gateways[socket] else {
        preconditionFailure("Requests come from the sockets above, and from no other.")
      }
      return gateway.respond(to: request, on: socket)
    }
    duties = DutyWorkers(
      services(connections: max(1, dutyWorkers)),
      ShopChannels(settings, workers: settings.shareOfOneProcess(of: Settings.dutyWorkers)))
    self.settings = settings
    self.dutyWorkers = dutyWorkers
    self.logger = logger
    // libfcgi installed handlers of its own; a peer that hung up must not end the process.
    Signals.ignoreBrokenPipe()
  }

  /// Lets `run` finish, and nobody connect any more.
  func stop() {
    duties.stop()
    server.stop()
  }

  /// Lets `run` finish, and leaves the sockets to other processes.
  func leave() {
    duties.stop()
    server.leave()
  }

  /// Serves until `stop` or `leave`, then finishes what is begun. To be called once.
  ///
  /// - Parameters:
  ///   - patience: how long that may take.
  ///   - whenServing: called once requests are answered.
  /// - Throws: `ServeFailure` when it took longer, or a thread was missing.
  func run(patience: Duration, whenServing: () -> Void) throws {
    let finished = try startDuties()
    logger.notice(
      "serving",
      metadata: [
        "sockets": "\(listeners(settings).map(\.path).joined(separator: " "))",
        "version": "\(programVersion)",
      ])
    let ending = server.run(patience: patience, whenServing: whenServing)
    logger.notice("stopped", metadata: ["ending": "\(ending)"])
    switch ending {
    case .drained: break
    case .abandoned(let workers): throw ServeFailure.requestsCutOff(workers: workers)
    case .outOfThreads(let error): throw ServeFailure.outOfThreads(error)
    case .socketClosed: throw ServeFailure.socketClosed
    }
    let left = DispatchTime.now() + .milliseconds(Int(patience / .milliseconds(1)))
    guard finished.wait(timeout: left) == .success else { throw ServeFailure.dutyCutOff }
  }

  /// - Returns: signalled when all of them have finished, after they were stopped.
  private func startDuties() throws -> DispatchSemaphore {
    let finished = DispatchSemaphore(value: 0)
    let threads = try duties.start(dutyWorkers)
    let watch = try NativeThread.start(name: "duties") {
      for thread in threads { thread.join() }
      finished.signal()
    }
    watch.detach()
    return finished
  }
}
