import Synchronization

/// Counts what happens on several threads.
public final class Counter: Sendable {
  private let value = Mutex(0)

  public init() {}

  public var count: Int { value.withLock { $0 } }

  /// - Returns: the new count.
  @discardableResult public func increase(by amount: Int = 1) -> Int {
    value.withLock {
      $0 += amount
      return $0
    }
  }
}
