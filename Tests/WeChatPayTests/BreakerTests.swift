import Testing

@testable import WeChatPay

@Suite struct BreakerTests {
  private let start = ContinuousClock.now

  @Test func `a host that failed lately is asked after the others, then in its own place again`() {
    var breaker = Breaker()
    #expect(breaker.advice(at: start) == .ask)
    breaker.fail(at: start)
    #expect(breaker.advice(at: start + .seconds(29)) == .askLast)
    #expect(breaker.advice(at: start + .seconds(31)) == .ask)
  }

  @Test func `a host that fails again and again is asked by one question at a time`() {
    var breaker = Breaker()
    breaker.fail(at: start - .seconds(10))
    for _ in 0..<4 { breaker.fail(at: start) }
    #expect(breaker.advice(at: start + .seconds(4)) == .spare)
    #expect(breaker.advice(at: start + .seconds(6)) == .ask)
    #expect(breaker.advice(at: start + .seconds(6)) == .spare)
    breaker.fail(at: start + .seconds(6))
    // Each vain question makes the next one rarer.
    #expect(breaker.advice(at: start + .seconds(12)) == .spare)
    #expect(breaker.advice(at: start + .seconds(17)) == .ask)
    for _ in 0..<20 { breaker.fail(at: start) }
    #expect(breaker.advice(at: start + .seconds(19)) == .spare)
    #expect(breaker.advice(at: start + .seconds(21)) == .ask)
  }

  @Test func `a crowd whose questions fail at one moment closes no door`() {
    var breaker = Breaker()
    for _ in 0..<100 { breaker.fail(at: start) }
    #expect(breaker.advice(at: start + .seconds(1)) == .askLast)
  }

  @Test func `an answer ends all caution`() {
    var breaker = Breaker()
    for _ in 0..<9 { breaker.fail(at: start) }
    breaker.succeed()
    #expect(breaker.advice(at: start) == .ask)
  }
}
