import Testing

@testable import Server

@Suite struct ReplacementTests {
  private func turns(_ replacement: inout Replacement) -> [Int] {
    var turns: [Int] = []
    while let turn = replacement.next() { turns.append(turn) }
    return turns
  }

  @Test func `every worker has its turn`() {
    var replacement = Replacement(processes: 3)
    #expect(turns(&replacement) == [1, 2, 3])
    #expect(replacement.current == nil)
  }

  @Test func `a configuration with more processes adds turns, one with fewer takes some away`() {
    var more = Replacement(processes: 2)
    #expect(more.next() == 1)
    more.accept(processes: 4, before: 2)
    #expect(turns(&more) == [2, 3, 4])

    var fewer = Replacement(processes: 4)
    #expect(fewer.next() == 1)
    fewer.accept(processes: 2, before: 4)
    #expect(turns(&fewer) == [2])
  }

  @Test func `only the first new worker is asked`() {
    var replacement = Replacement(processes: 2)
    #expect(replacement.next() == 1)
    replacement.accept(processes: 2, before: 2)
    replacement.accept(processes: 9, before: 2)
    #expect(turns(&replacement) == [2])
    #expect(replacement.isAccepted)
  }
}
