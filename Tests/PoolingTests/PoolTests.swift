import Pooling
import TestSupport
import Testing

/// Counts how many of it were opened.
private struct Thing: ~Copyable, Lendable {
  let number: Int
  var isUsable = true
}

private struct Broken: Error {}

@Suite struct PoolTests {
  private func pool(_ capacity: Int, _ opened: Counter) -> Pool<Thing> {
    Pool(capacity: capacity) { Thing(number: opened.increase()) }
  }

  @Test func `the resource used last is lent first`() throws {
    let counter = Counter()
    let pool = pool(3, counter)
    for _ in 0..<5 { #expect(try pool.lend(patience: .zero) { $0.number } == 1) }
    #expect(counter.count == 1)
  }

  @Test func `a resource that broke is replaced at the next loan`() throws {
    let counter = Counter()
    let pool = pool(1, counter)
    #expect(throws: Broken.self) {
      try pool.lend(patience: .zero) { thing in
        thing.isUsable = false
        throw Broken()
      }
    }
    #expect(try pool.lend(patience: .zero) { $0.number } == 2)
  }

  @Test func `a failure that leaves the resource sound keeps it`() throws {
    let counter = Counter()
    let pool = pool(1, counter)
    #expect(throws: Broken.self) { try pool.lend(patience: .zero) { _ in throw Broken() } }
    #expect(try pool.lend(patience: .zero) { $0.number } == 1)
  }

  @Test func `when all are lent the borrower waits no longer than its patience`() throws {
    let pool = pool(1, Counter())
    try pool.lend(patience: .zero) { _ in
      _ = #expect(throws: PoolExhausted.self) {
        try pool.lend(patience: .milliseconds(20)) { _ in }
      }
    }
    try pool.lend(patience: .zero) { _ in }
  }

  @Test func `a resource that cannot be opened gives its place back`() throws {
    let pool = Pool<Thing>(capacity: 1) { throw Broken() }
    for _ in 0..<3 {
      #expect(throws: Broken.self) { try pool.lend(patience: .zero) { _ in } }
    }
  }
}
