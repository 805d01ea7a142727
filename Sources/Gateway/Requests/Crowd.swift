import Synchronization

/// Lets at most so many do something at once; who is one too many is told so instead of waiting.
final class Crowd: Sendable {
  private let limit: Int
  private let inside = Atomic(0)

  init(limit: Int) { self.limit = max(1, limit) }

  /// - Throws: `Refusal.overloaded` when there are too many; what `body` throws.
  @discardableResult func enter<Result>(_ body: () throws -> Result) throws -> Result {
    defer { inside.subtract(1, ordering: .relaxed) }
    guard inside.add(1, ordering: .relaxed).newValue <= limit else { throw Refusal(.overloaded) }
    return try body()
  }
}
