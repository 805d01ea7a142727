import ArgumentParser
import Configuration
import Gateway

/// `weixinpay`: the gateway and everything its operator does with it.
struct WeixinpayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weixinpay",
    abstract: "A gateway between an nginx site and WeChat Pay (微信支付).",
    discussion: """
      First steps: sample-config, migrate, check, serve.
      Exit codes: 0 done, 1 not found, 64 wrong usage, 69 a server is out of reach, \
      74 the output could not be written, 75 try again, 78 configuration.
      """,
    version: programVersion,
    subcommands: [
      ServeCommand.self, WorkCommand.self, SweepCommand.self, MigrateCommand.self,
      CheckCommand.self, SampleConfigCommand.self, TokenCommand.self, OrderCommand.self,
      RefundCommand.self, AlarmCommand.self, DeliveryCommand.self,
    ])
}

extension WeixinpayCommand {
  /// What was probably meant by a word that is no command; `nil` when it is one, or like none.
  static func suggestion(for word: String) -> String? {
    let verbs = configuration.subcommands.compactMap { command in
      command.configuration.commandName
    }
    guard !word.hasPrefix("-"), word != "help", !verbs.contains(word) else { return nil }
    return nearest(to: word, among: verbs)
  }
}

/// The option that every command with a configuration has.
struct ConfigurationOptions: ParsableArguments {
  @Option(name: .customLong("config"), help: "The configuration file.")
  var file = "/etc/weixinpay/weixinpay.yaml"
}
