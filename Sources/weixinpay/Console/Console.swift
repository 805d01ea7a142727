import ArgumentParser
import Gateway
import Linux
import Server
import Text

/// One of the process's output streams, and whether a person reads it.
struct Console: Sendable {
  static let output = Console(stream: 1)
  static let error = Console(stream: 2)

  /// Whether it is a terminal.
  private let isInteractive: Bool
  /// Whether colour is welcome there (https://no-color.org).
  private let isColoured: Bool

  private init(stream: Int32) {
    isInteractive = isTerminal(stream)
    let refusal = Environment.value("NO_COLOR") ?? ""
    isColoured = isInteractive && refusal.isEmpty && Environment.value("TERM") != "dumb"
  }

  /// A finding's level, in a column of its own. The word says what the colour says.
  func word(_ level: Finding.Level) -> String {
    let word = level.rawValue
    let padded = word + String(repeating: " ", count: 4 - word.count)
    guard isColoured else { return padded }
    let colour =
      switch level {
      case .ok: 32
      case .warn: 33
      case .fail: 31
      }
    return "\u{1B}[\(colour)m\(padded)\u{1B}[0m"
  }

  /// Writes a message for a person to standard error, away from the results.
  static func say(_ message: String) {
    for line in message.split(separator: "\n", omittingEmptySubsequences: false) {
      writeToStandardError(Array("\(String(line).forTerminal)\n".utf8))
    }
  }

  /// Writes results, each as one line: what is not visible is escaped.
  static func show(_ lines: [String]) {
    for line in lines { print(line.forTerminal) }
  }

  static func show(_ line: String) { show([line]) }

  static func show(_ json: JSON) { print(String(decoding: json.bytes, as: UTF8.self)) }

  /// Asks on the terminal before something is done that cannot be undone.
  ///
  /// A script, whose input or output is no terminal, has decided already.
  /// - Throws: `ExitCode.failure` when the person does not agree.
  static func confirm(_ question: String) throws {
    guard isTerminal(0), error.isInteractive else { return }
    writeToStandardError(Array("\(question.forTerminal) [y/N] ".utf8))
    let answer = readLine()?.lowercased() ?? ""
    guard ["y", "yes", "是"].contains(answer) else {
      say("Nothing was done.")
      throw ExitCode.failure
    }
  }
}
