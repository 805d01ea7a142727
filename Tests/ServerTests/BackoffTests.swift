import Testing

@testable import Server

@Suite struct BackoffTests {
  @Test func `a worker that keeps dying waits longer each time, up to half a minute`() {
    var backoff = Backoff()
    let pauses = (0..<8).map { _ in backoff.pause(afterLife: .seconds(1)) }
    #expect(pauses == [0, 1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
  }

  @Test func `one that has worked for a while is restarted at once`() {
    var backoff = Backoff()
    for _ in 0..<5 { _ = backoff.pause(afterLife: .zero) }
    #expect(backoff.pause(afterLife: .seconds(10)) == .zero)
    #expect(backoff.pause(afterLife: .seconds(9)) == .seconds(1))
  }
}
