import Linux

/// Whether a host is worth asking (熔断), by what became of the questions before.
///
/// A host that failed lately is asked after the others. One that has answered nobody for a while is
/// left in peace, so that nobody waits for it in vain; now and then a single question finds out
/// whether it is back. A crowd whose first questions fail all at once is no reason yet.
struct Breaker: Sendable {
  /// How to treat a host.
  enum Advice: Equatable { case ask, askLast, spare }

  /// Since the last answer.
  private var failures: Int64 = 0
  private var firstFailure = ContinuousClock.now
  private var lastFailure = ContinuousClock.now
  private var nextProbe = ContinuousClock.now

  private static let memory: Duration = .seconds(30)
  private static let patience: Int64 = 5
  private static let trial: Duration = .microseconds(dueAfter(seconds: 10))
  /// 20 seconds.
  private static let longestRest: Int64 = 2

  /// Also takes the turn, when it is a single question's turn to find out.
  mutating func advice(at now: ContinuousClock.Instant) -> Advice {
    if failures == 0 { return .ask }
    guard failures >= Self.patience, lastFailure >= firstFailure + Self.trial else {
      return now < lastFailure + Self.memory ? .askLast : .ask
    }
    guard now >= nextProbe else { return .spare }
    // In its own place, or a host whose neighbour answers would never be found to be back.
    nextProbe = now + rest
    return .ask
  }

  mutating func succeed() { failures = 0 }

  mutating func fail(at now: ContinuousClock.Instant) {
    if failures == 0 { firstFailure = now }
    failures += 1
    lastFailure = now
    nextProbe = now + rest
  }

  /// Longer each time: whoever finds out may have to wait for it.
  private var rest: Duration {
    let doublings = min(max(failures - Self.patience, 0), Self.longestRest)
    return .microseconds(dueAfter(seconds: 5 << doublings))
  }
}
