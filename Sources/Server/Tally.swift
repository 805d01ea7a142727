import Synchronization

/// Counts what may happen a thousand times a second, and says at most once in an interval how often
/// it did, and how the last of them went.
package final class Tally<Sample: Sendable>: Sendable {
  /// What is to be told now.
  package struct Report: Sendable {
    /// How many there were since the last report.
    package let count: Int
    package let last: Sample
  }

  private struct State {
    var count = 0
    var last: Sample?
    var reported: ContinuousClock.Instant?
  }

  private let interval: Duration
  private let state = Mutex(State())

  package init(interval: Duration = .seconds(1)) { self.interval = interval }

  /// Counts one more.
  ///
  /// - Returns: what is to be told now; nil when the last report was less than an interval ago.
  package func count(_ sample: Sample) -> Report? {
    state.withLock { state in
      state.count += 1
      state.last = sample
      return report(&state)
    }
  }

  /// What was counted and not told, once the interval is over.
  package func rest() -> Report? { state.withLock { report(&$0) } }

  private func report(_ state: inout State) -> Report? {
    let now = ContinuousClock.now
    guard let last = state.last else { return nil }
    if let reported = state.reported, now - reported < interval { return nil }
    defer { state = State(reported: now) }
    return Report(count: state.count, last: last)
  }
}
