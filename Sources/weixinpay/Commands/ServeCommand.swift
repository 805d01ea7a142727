import ArgumentParser
import Gateway

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Answer requests of nginx until SIGTERM or SIGINT.")

  @OptionGroup var configuration: ConfigurationOptions

  @Flag(
    inversion: .prefixedNo,
    help: "Also do what is due, such as refunds; `weixinpay work` does that by itself.")
  var duties = true

  func run() throws {
    try reportingFailure {
      let settings = try Settings.read(file: configuration.file)
      try Gateway.serve(settings, dutyWorkers: duties ? Gateway.dutyWorkers : 0)
    }
  }
}
