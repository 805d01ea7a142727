import Server
import Testing

@Suite struct TallyTests {
  @Test func `the first is told at once, the others together with their count`() throws {
    let tally = Tally<Int>(interval: .seconds(3600))
    let first = try #require(tally.count(0))
    #expect(first.count == 1 && first.last == 0)
    for number in 1...100 where tally.count(number) != nil { Issue.record("told too early") }
    #expect(tally.rest()?.count == nil)
  }

  @Test func `what was told is not told again`() {
    let tally = Tally<Int>(interval: .zero)
    #expect(tally.rest()?.count == nil)
    #expect(tally.count(7)?.count == 1)
    #expect(tally.rest()?.count == nil)
  }
}
