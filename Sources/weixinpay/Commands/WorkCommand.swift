import ArgumentParser
import Checkout
import Configuration
import Gateway
import MariaDB

struct WorkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "work",
    abstract: "Do what is due, such as refunds, until SIGTERM or SIGINT; answers no requests.")

  @OptionGroup var configuration: ConfigurationOptions

  func run() throws {
    try reportingFailure(file: configuration.file) {
      try Gateway.work(try Settings.read(file: configuration.file))
    }
  }
}

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep", abstract: "Do once what is due now, and say how much that was.")

  @OptionGroup var configuration: ConfigurationOptions

  func run() throws {
    try reportingFailure(file: configuration.file) {
      let settings = try Settings.read(file: configuration.file)
      let services = try Services.ofCommand(
        settings, Database(settings.database.service, connections: 2))
      print(try sweep(services, settings))
    }
  }
}
