import Dispatch
import Synchronization

/// A bounded stock of things that are costly to open.
///
/// The resource used last is lent first, so that hot connections stay hot and cold ones may be
/// closed by their server. A resource that is no longer usable after a loan is dropped and a new
/// one is opened at the next loan; the pool therefore heals without a restart.
package final class Pool<Resource: Lendable & ~Copyable>: Sendable {
  private let permits: DispatchSemaphore
  private let idle: Mutex<[Slot<Resource>]>
  private let open: @Sendable () throws -> Resource

  /// - Parameters:
  ///   - capacity: how many may be lent at once, at least 1.
  ///   - open: opens a resource; runs on the borrower's thread.
  package init(capacity: Int, open: @escaping @Sendable () throws -> Resource) {
    precondition(capacity > 0, "A pool lends at least one thing.")
    permits = DispatchSemaphore(value: 0)
    for _ in 0..<capacity { permits.signal() }
    idle = Mutex((0..<capacity).map { _ in Slot() })
    self.open = open
  }

  /// Lends a resource for the length of `body`.
  ///
  /// - Parameter patience: how long to wait for a free one.
  /// - Throws: `PoolExhausted` when none came free in time; what `open` or `body` throws.
  package func lend<Result>(
    patience: Duration, _ body: (inout Resource) throws -> Result
  ) throws -> Result {
    guard permits.wait(timeout: .now() + patience.dispatchInterval) == .success else {
      throw PoolExhausted()
    }
    let slot = idle.withLock { $0.removeLast() }
    defer {
      idle.withLock { $0.append(slot) }
      permits.signal()
    }
    return try slot.use(open: open, body)
  }
}

/// Every resource of a pool was lent and none came back in time.
package struct PoolExhausted: Error, Sendable {
  package init() {}
}

/// The place of one resource; empty until first use and after the resource broke.
///
/// Unchecked: a slot is in the pool's list or in one borrower's hands, never in both, and it
/// changes hands under the list's lock.
private final class Slot<Resource: Lendable & ~Copyable>: @unchecked Sendable {
  private var resource: Resource?

  init() { resource = nil }

  func use<Result>(
    open: () throws -> Resource, _ body: (inout Resource) throws -> Result
  ) throws -> Result {
    var lent = if let kept = resource.take() { kept } else { try open() }
    let outcome = Swift.Result { try body(&lent) }
    if lent.isUsable { resource = consume lent }
    return try outcome.get()
  }
}

extension Duration {
  fileprivate var dispatchInterval: DispatchTimeInterval {
    let (seconds, attoseconds) = components
    return .milliseconds(Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
  }
}

extension PoolExhausted: CustomStringConvertible {
  package var description: String {
    "all connections were in use, and none came free in time"
  }
}
