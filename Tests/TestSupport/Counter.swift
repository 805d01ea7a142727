import Synchronization

/// Counts what happens on several threads.
package final class Counter: Sendable {
  private let value = Mutex(0)

  package init() {}

  package var count: Int { value.withLock { $0 } }

  /// - Returns: the new count.
  @discardableResult package func increase(by amount: Int = 1) -> Int {
    value.withLock {
      $0 += amount
      return $0
    }
  }
}
