import Testing

@testable import Store

/// What a column keeps of a reason that is longer than it.
@Suite struct AbridgedTests {
  @Test func `the end of a long reason is kept, where libraries say what was wrong`() {
    let reason = String(repeating: "商户", count: 200) + "ca md too weak"
    let kept = reason.abridged(to: 255)
    #expect(kept.unicodeScalars.count == 255)
    #expect(kept.hasPrefix("商户商户") && kept.hasSuffix("ca md too weak"))
  }

  @Test func `a reason that fits stays as it is`() {
    let reason = String(repeating: "户", count: 255)
    #expect(reason.abridged(to: 255) == reason)
  }
}
