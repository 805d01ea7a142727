import Dispatch
import Foundation
import Synchronization

/// Runs work many times at once, each on a thread of its own.
///
/// - Returns: the results in the order of their numbers.
/// - Throws: the first error.
@discardableResult
package func concurrently<Value: Sendable>(
  _ count: Int, _ work: @escaping @Sendable (Int) throws -> Value
) throws -> [Value] {
  let results = Mutex<[Int: Result<Value, any Error>]>([:])
  let group = DispatchGroup()
  for number in 0..<count {
    group.enter()
    let thread = Thread {
      let result = Result { try work(number) }
      results.withLock { $0[number] = result }
      group.leave()
    }
    thread.start()
  }
  group.wait()
  return try results.withLock { results in
    try (0..<count).compactMap { try results[$0]?.get() }
  }
}
