import Testing

@testable import MariaDB

@Suite struct RepetitionTests {
  private struct Refusal: Error {}

  private let now = ContinuousClock.now

  private func failure(_ code: UInt32) -> MariaDBError {
    MariaDBError(code: code, sqlState: "HY000", text: "it failed")
  }

  @Test(arguments: [1213, 1205, 1020, 1047, 2006, 2013])
  func `a transaction that did not happen is run three times more`(_ code: UInt32) throws {
    var repetition = Repetition(deadline: now + .seconds(60))
    for _ in 0..<3 {
      #expect(try repetition.pause(after: failure(code), at: now) > .zero)
    }
    #expect(throws: MariaDBError.self) { try repetition.pause(after: failure(code), at: now) }
  }

  @Test(arguments: [1062, 1064, 1264, 1969, 1040, 1045])
  func `what would fail again is not run again`(_ code: UInt32) {
    var repetition = Repetition(deadline: now + .seconds(60))
    #expect(throws: MariaDBError.self) { try repetition.pause(after: failure(code), at: now) }
  }

  @Test func `what the body refuses is the caller's`() {
    var repetition = Repetition(deadline: now + .seconds(60))
    #expect(throws: Refusal.self) { try repetition.pause(after: Refusal(), at: now) }
  }

  @Test func `nothing is run again past the deadline`() {
    var repetition = Repetition(deadline: now + .milliseconds(1))
    #expect(throws: MariaDBError.self) { try repetition.pause(after: failure(1213), at: now) }
  }

  @Test func `after a loss there must be time for a silent server to be noticed`() {
    var repetition = Repetition(deadline: now + .milliseconds(900))
    #expect(throws: MariaDBError.self) { try repetition.pause(after: failure(2013), at: now) }
  }

  @Test(arguments: [1040, 1129, 1203, 1226, 1317, 1969, 1290, 2005, 2013, 2026, 1213, 9999])
  func `what nobody has to change may pass`(_ code: UInt32) {
    #expect(failure(code).mayPass)
  }

  @Test(arguments: [1044, 1045, 1049, 1054, 1062, 1064, 1130, 1142, 1143, 1146, 1227, 1698, 4151])
  func `what somebody has to change first does not pass`(_ code: UInt32) {
    #expect(!failure(code).mayPass)
  }

  @Test func `a deadline passes, another server does not`() {
    #expect(MariaDBError.deadlinePassed.mayPass)
    #expect(!MariaDBError.refused("The server is MySQL.").mayPass)
    #expect(!MariaDBError.decoding("no such column").mayPass)
    #expect(failure(1040).atCommit.mayPass)
  }

  @Test(arguments: [2002, 2013, 1213, 1969, 1040])
  func `an unknown COMMIT stays unknown when finding out fails`(_ code: UInt32) throws {
    var repetition = Repetition(deadline: now + .seconds(60))
    _ = try repetition.pause(after: failure(2013).atCommit, at: now)
    let error = #expect(throws: MariaDBError.self) {
      while true { _ = try repetition.pause(after: failure(code), at: now) }
    }
    #expect(error?.kind == .commitUnknown)
  }

  @Test func `an unknown COMMIT is resolved by what the next run says`() throws {
    var repetition = Repetition(deadline: now + .seconds(60))
    _ = try repetition.pause(after: failure(2013).atCommit, at: now)
    #expect(throws: Refusal.self) { try repetition.pause(after: Refusal(), at: now) }
  }

  @Test(arguments: [2006, 2013, 2055, 1927, 1053, 1205, 1047, 1180, 1969, 1026])
  func `at COMMIT every failure but a certain one is unknown`(_ code: UInt32) {
    #expect(failure(code).atCommit.kind == .commitUnknown)
  }

  @Test(arguments: [1213, 1020])
  func `a COMMIT that lost against another did not happen`(_ code: UInt32) {
    #expect(failure(code).atCommit.kind == .retryTransaction)
  }
}
