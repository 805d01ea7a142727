import ArgumentParser
import Configuration
import Gateway

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Answer requests of nginx until SIGTERM or SIGINT.",
    discussion: """
      SIGHUP replaces the worker processes one by one, by the program and the configuration as they \
      are then; when a new worker does not start, the others go on as before.
      """)

  @OptionGroup var configuration: ConfigurationOptions

  @Flag(
    inversion: .prefixedNo,
    help: "Also do what is due, such as refunds; `weixinpay work` does that by itself.")
  var duties = true

  @Flag(help: "Answer in this one process: nothing restarts what fails, and SIGHUP does nothing.")
  var singleProcess = false

  // How `serve` starts its own workers.
  @Option(help: .private) var worker: Int?
  @Flag(help: .private) var keepSockets = false

  func run() throws {
    try reportingFailure(file: configuration.file, log: worker.flatMap(FailureLog.init(worker:))) {
      let settings = try Settings.read(file: configuration.file)
      let dutyWorkers = duties ? Settings.dutyWorkers : 0
      if let worker {
        try Gateway.serve(
          settings, asWorker: worker, dutyWorkers: dutyWorkers, ownsSockets: !keepSockets)
      } else if singleProcess {
        try Gateway.serve(settings, dutyWorkers: dutyWorkers)
      } else {
        try Gateway.supervise(settings, file: configuration.file, withDuties: duties)
      }
    }
  }
}
