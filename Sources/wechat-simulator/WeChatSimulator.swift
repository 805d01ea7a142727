import ArgumentParser
import Linux
import Logging
import Server
import Simulator

@main
struct WeChatSimulator: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wechat-simulator",
    abstract:
      "Plays WeChat for a merchant's server: login, payment, notifications. No money moves.",
    discussion: """
      nginx in front terminates TLS and sets WEIXINPAY_ROUTE: login, pay, secapi or control.
      SIGTERM and SIGINT end it; what it knows is in the state folder and is there again next time.
      Each call, payment and notification is a line on standard error; a notification that did not
      arrive is a warning that says why.
      """)

  @Option(help: ArgumentHelp("Where nginx connects.", valueName: "path"))
  var socket: String

  @Option(help: ArgumentHelp("The folder of ledger.log and wire.log.", valueName: "folder"))
  var state: String

  @Option(help: ArgumentHelp("The mini-program (appid).", valueName: "appid"))
  var appid: String

  @Option(
    help: ArgumentHelp("A file with the mini-program's secret (AppSecret).", valueName: "file"))
  var appSecretFile: String

  @Option(help: ArgumentHelp("The merchant (mch_id).", valueName: "number"))
  var mchID: String

  @Option(help: ArgumentHelp("A file with the APIv2 key, 32 characters.", valueName: "file"))
  var apiKeyFile: String

  @Option(
    help: ArgumentHelp(
      "Certificates (PEM) to trust when notifying, instead of the system's.", valueName: "file"))
  var caFile: String?

  @Option(
    help: ArgumentHelp(
      "How much faster notifications repeat and prepay sessions end.", valueName: "factor"))
  var speed = 1.0

  @Option(help: ArgumentHelp("How many requests may be under way at once.", valueName: "number"))
  var workers = 64

  @Option(
    help: ArgumentHelp("How old an order must be before it can be closed.", valueName: "seconds"))
  var closeAfter: Int64 = 0

  @Option(
    help: ArgumentHelp(
      "A further account whose processes may connect, beside this one and root.",
      valueName: "name"))
  var allowUser: [String] = ["www-data"]

  func validate() throws {
    guard speed > 0 else { throw ValidationError("--speed must be greater than 0.") }
    guard workers > 0 else { throw ValidationError("--workers must be at least 1.") }
    guard closeAfter >= 0 else { throw ValidationError("--close-after must not be negative.") }
  }

  func run() throws {
    StandardStreams.open()
    StandardStreams.checkOutputAtExit()
    Signals.block()
    Signals.ignoreBrokenPipe()
    let logger = Logger(label: "wechat-simulator") { _ in LineLogHandler(format: .logfmt) }
    let simulator = try Simulator(
      settings: Settings(
        appID: appid,
        appSecret: try SecretFile.read(appSecretFile, option: "--app-secret-file"),
        mchID: mchID,
        apiKey: try SecretFile.read(apiKeyFile, option: "--api-key-file", length: 32),
        stateFolder: state, caFile: caFile, speed: speed, closeAfterSeconds: closeAfter),
      logger: logger)
    // No request needs an answer sooner than a delay that was asked for.
    let listener = Listener(
      name: "wechat", path: socket, workers: workers, deadline: .seconds(3600))
    let server = try Server(
      listeners: [listener], allowedUserIDs: allowedUserIDs, logger: logger
    ) { request, _ in simulator.respond(to: request) }
    try simulator.start()
    logger.notice("the simulator serves", metadata: ["socket": "\(socket)", "state": "\(state)"])
    let watch = try NativeThread.start(name: "signals") {
      while Signals.wait() != .terminate {}
      server.stop()
    }
    switch server.run() {
    case .drained:
      watch.join()
      simulator.stop()
    case .abandoned(let workers):
      logger.notice("requests cut off", metadata: ["workers": "\(workers)"])
    case .outOfThreads(let error): throw error
    case .socketClosed: throw ValidationError("somebody else closed the socket \(socket)")
    }
  }

  private var allowedUserIDs: Set<UInt32> {
    Set(allowUser.compactMap { userID(named: $0) } + [0, effectiveUserID()])
  }
}
