import Payments
import TestSupport
import Testing

@testable import Outbox

/// Whom a shop that is slow to answer, or does not answer at all, keeps from being told.
@Suite struct BreakerTests {
  private let breaker = Breaker(widthWhenSlow: 2)

  private func merchant(_ name: String) throws -> MerchantName { try #require(MerchantName(name)) }

  private func slow(_ name: String, _ channel: ShopChannel = .webhook) throws -> MerchantName {
    let merchant = try merchant(name)
    breaker.noteDuration(.seconds(4), merchant, channel)
    return merchant
  }

  /// Which of these get in while those before them are still at it.
  private func admitted(_ merchants: [MerchantName]) -> [Bool] {
    guard let first = merchants.first else { return [] }
    let others = Array(merchants.dropFirst())
    return breaker.telling(first) { [true] + admitted(others) } ?? [false] + admitted(others)
  }

  @Test func `a shop that keeps up is told by as many as there are`() throws {
    let quick = try merchant("quick")
    breaker.noteDuration(.milliseconds(20), quick, .webhook)
    #expect(admitted([quick, quick, quick, quick]) == [true, true, true, true])
  }

  @Test func `a slow shop with two channels leaves a thread to the others`() throws {
    let main = try slow("main", .relay)
    _ = try slow("main", .webhook)
    #expect(admitted([main, main, main, try merchant("quick")]) == [true, true, false, true])
    #expect(admitted([main]) == [true])
  }

  @Test func `slow shops leave a thread to the others, all of them together`() throws {
    let (one, two) = (try slow("one"), try slow("two"))
    #expect(
      admitted([one, two, one, two, try merchant("quick")]) == [true, true, false, false, true])
  }

  @Test func `a quick answer on one channel does not excuse the other`() throws {
    let main = try slow("main", .webhook)
    breaker.noteDuration(.milliseconds(20), main, .relay)
    #expect(admitted([main, main, main]) == [true, true, false])
    breaker.noteDuration(.milliseconds(20), main, .webhook)
    #expect(admitted([main, main, main]) == [true, true, true])
  }

  @Test func `a shop that was told in vain holds no place`() throws {
    let main = try slow("main")
    for _ in 0..<3 {
      #expect(throws: TestSupportError.self) {
        try breaker.telling(main) { throw TestSupportError("refused") }
      }
    }
    #expect(admitted([main, main, main]) == [true, true, false])
  }

  @Test func `a channel on which nobody answers rests, and no other does`() throws {
    let (main, other) = (try merchant("main"), try merchant("other"))
    for _ in 0..<2 { breaker.noteOutage(main, .webhook) }
    #expect(breaker.restSeconds(main, .webhook) == nil)
    breaker.noteOutage(main, .webhook)
    #expect(breaker.restSeconds(main, .webhook) == 5)
    #expect(breaker.restSeconds(main, .relay) == nil)
    #expect(breaker.restSeconds(other, .webhook) == nil)
    for _ in 0..<40 { breaker.noteOutage(main, .webhook) }
    #expect(breaker.restSeconds(main, .webhook) == 60)
    breaker.noteAnswer(main, .webhook)
    #expect(breaker.restSeconds(main, .webhook) == nil)
  }
}
