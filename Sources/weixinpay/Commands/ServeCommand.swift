import ArgumentParser
import Gateway

struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Answer requests of nginx until SIGTERM or SIGINT.")

  @OptionGroup var configuration: ConfigurationOptions

  func run() throws {
    try reportingFailure {
      try Gateway.serve(try Settings.read(file: configuration.file))
    }
  }
}
