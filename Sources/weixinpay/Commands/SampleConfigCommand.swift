import ArgumentParser
import Configuration
import Gateway

struct SampleConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample-config",
    abstract: "Print a complete configuration file with a sentence for every key.",
    usage: "weixinpay sample-config > /etc/weixinpay/weixinpay.yaml")

  func run() { print(sampleConfig(), terminator: "") }
}
