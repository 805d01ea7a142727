import ArgumentParser
import Gateway
import Server
import Text

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Do everything that serve does short of listening, and report every fault at once.")

  @OptionGroup var configuration: ConfigurationOptions

  @Flag(help: "Print one JSON object instead of lines.")
  var json = false

  func run() throws {
    let check = Check.run(file: configuration.file)
    if json {
      print(String(decoding: check.json.bytes, as: UTF8.self))
    } else {
      for finding in check.findings {
        print(Console.output.word(finding.level), finding.line.forTerminal)
      }
    }
    guard check.isPassed else { throw ExitCode.configuration }
  }
}
