package import Configuration
import FastCGI
import FoundationEssentials
import Linux
import Logging
import Server

extension Gateway {
  /// Runs the gateway in worker processes until SIGTERM or SIGINT: opens the sockets, starts the
  /// workers, starts again who dies, and on SIGHUP replaces them one by one.
  ///
  /// - Parameters:
  ///   - file: the configuration that `settings` were read from; workers read it themselves.
  ///   - withDuties: whether workers also do what is due.
  /// - Throws: as `serve`.
  package static func supervise(_ settings: Settings, file: String, withDuties: Bool) throws {
    Signals.block()
    Signals.ignoreBrokenPipe()
    let logger = try prepare(settings)
    // What it warns of, the first worker tells: also of one that starts later.
    _ = try StartCheck.run(settings)
    let sockets = try OpenSockets(settings)
    let program = WorkerProgram(
      file: file, sockets: sockets, withDuties: withDuties, logFormat: settings.logFormat.rawValue)
    let supervisor = try Supervisor(
      processes: settings.processes, logger: logger,
      start: { number throws(LinuxError) in try program.start(number) },
      closeSockets: sockets.close)
    let control = supervisor.control
    let signals = try NativeThread.start(name: "signals") {
      while true {
        switch Signals.wait() {
        case .terminate:
          logger.notice("stopping", metadata: ["reason": "signal"])
          control.terminate()
        case .reload: control.reload()
        }
      }
    }
    signals.detach()
    switch supervisor.run() {
    case .drained: return
    case .cutOff(let workers): throw ServeFailure.processesCutOff(workers)
    case .neverServed(let reason): throw ServeFailure.neverServed(reason)
    }
  }
}

/// How a worker is started: this program once more, as it lies on the disk by then.
private struct WorkerProgram {
  let executable: String
  let file: String
  let sockets: OpenSockets
  let withDuties: Bool
  let logFormat: String

  init(file: String, sockets: OpenSockets, withDuties: Bool, logFormat: String) {
    executable = Self.ownPath()
    self.file = file
    self.sockets = sockets
    self.withDuties = withDuties
    self.logFormat = logFormat
  }

  func start(_ number: Int) throws(LinuxError) -> WorkerProcess {
    let (ours, theirs) = try Lifeline.pair()
    let process = try SpawnedProcess.start(
      executable,
      ["serve", "--config", file, "--worker", String(number)]
        + (sockets.areOurs ? [] : ["--keep-sockets"]) + (withDuties ? [] : ["--no-duties"]),
      environment: Environment.ofWorkers(logFormat: logFormat),
      inheriting: [theirs.descriptor] + sockets.all.map(\.descriptor))
    // Only its number was handed over: the end itself may be closed once the child has it, not before.
    extendLifetime(theirs)
    return WorkerProcess(process, lifeline: ours)
  }

  /// By the path it was called by, so that a newer program in its place is found; one that was found
  /// in `PATH` by its name is the file itself.
  private static func ownPath() -> String {
    let called = CommandLine.arguments.first ?? ""
    if called.contains("/") { return URL(filePath: called).absoluteURL.path }
    let link = "/proc/self/exe"
    return (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? link
  }
}
