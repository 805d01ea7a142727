import Gateway
import Linux

/// One of the process's output streams, and whether a person reads it.
struct Console: Sendable {
  static let output = Console(stream: 1)
  static let error = Console(stream: 2)

  /// Whether it is a terminal.
  let isInteractive: Bool
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
  static func say(_ message: String) { writeToStandardError(Array("\(message)\n".utf8)) }
}
