import Foundation
import Synchronization

/// Runs `body` on that many threads at once, with their numbers, and waits for them all.
///
/// Not on Swift's own pool: the bodies block, and the pool has only one thread per core.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
  let failures = Mutex<[any Error]>([])
  let done = DispatchSemaphore(value: 0)
  for number in 0..<count {
    Thread.detachNewThread {
      do { try body(number) } catch { failures.withLock { $0.append(error) } }
      done.signal()
    }
  }
  for _ in 0..<count { done.wait() }
  if let first = failures.withLock({ $0.first }) { throw first }
}

/// Counts what happens on several threads.
final class Counter: Sendable {
  private let value = Mutex(0)
  var count: Int { value.withLock { $0 } }

  /// The new count.
  @discardableResult
  func increase() -> Int {
    value.withLock {
      $0 += 1
      return $0
    }
  }
}
