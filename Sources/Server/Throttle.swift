import Synchronization

/// Lets something happen at most once in an interval, whichever thread asks first.
package final class Throttle: Sendable {
  private let interval: Duration
  private let last = Mutex<ContinuousClock.Instant?>(nil)

  package init(interval: Duration) { self.interval = interval }

  /// Whether it may happen now; if so, it has.
  package func permits() -> Bool {
    last.withLock { last in
      let now = ContinuousClock.now
      if let last, now - last < interval { return false }
      last = now
      return true
    }
  }
}
