import Linux

/// How far a longer piece of work has come.
///
/// On a terminal one line of standard error, drawn over again: name, bar, count and the time that
/// is left. Elsewhere a line every 5 seconds, so that a log shows that it is alive.
struct Progress {
  private let title: String
  private let started = ContinuousClock.now
  private var lastLine = ContinuousClock.now
  private var isDrawn = false

  private static let width = 24

  init(_ title: String) { self.title = title }

  /// - Parameters:
  ///   - step: what is being done now.
  ///   - done: how many steps are behind us.
  mutating func show(_ step: String, done: Int, of total: Int) {
    let now = ContinuousClock.now
    if Console.error.isInteractive {
      let filled = total > 0 ? done * Self.width / total : 0
      let bar =
        String(repeating: "#", count: filled)
        + String(repeating: ".", count: Self.width - filled)
      let line = "\(title) [\(bar)] \(done)/\(total) \(step)\(timeLeft(done, total, now))"
      writeToStandardError(Array("\r\u{1B}[K\(line)".utf8))
      isDrawn = true
    } else if now - lastLine >= .seconds(5) {
      lastLine = now
      Console.say("\(title): \(done) of \(total), now \(step)")
    }
  }

  /// Wipes the bar. To be called before anything else is written.
  mutating func finish() {
    guard isDrawn else { return }
    writeToStandardError(Array("\r\u{1B}[K".utf8))
    isDrawn = false
  }

  private func timeLeft(_ done: Int, _ total: Int, _ now: ContinuousClock.Instant) -> String {
    let elapsed = now - started
    guard done > 0, elapsed > .seconds(1) else { return "" }
    return ", about \((elapsed * (total - done) / done).components.seconds) s left"
  }
}
