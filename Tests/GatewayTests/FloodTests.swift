import MariaDB
import Testing

@testable import Gateway

/// What is asked of the gateway by people who have no account.
@Suite struct FloodTests {
  private let now = ContinuousClock.now

  @Test func `an address that sends wrong tokens is refused for a minute`() {
    let failed = FailedAttempts(limit: 20)
    for _ in 0..<20 { failed.note("192.0.2.7", at: now) }
    #expect(!failed.isBlocked("192.0.2.7", at: now))
    failed.note("192.0.2.7", at: now)
    #expect(failed.isBlocked("192.0.2.7", at: now + .seconds(59)))
    #expect(!failed.isBlocked("192.0.2.7", at: now + .seconds(60)))
    #expect(!failed.isBlocked("192.0.2.8", at: now))
  }

  @Test func `a wrong token now and then blocks nobody`() {
    let failed = FailedAttempts(limit: 20)
    for second in 0..<600 { failed.note("192.0.2.7", at: now + .seconds(second * 4)) }
    #expect(!failed.isBlocked("192.0.2.7", at: now + .seconds(2400)))
  }

  @Test func `a network of IPv6 is one address, and this machine is none`() {
    let failed = FailedAttempts(limit: 20)
    for number in 0..<30 {
      failed.note("2001:db8:1:2::\(number)", at: now)
      failed.note("::ffff:192.0.2.9", at: now)
      failed.note("127.0.0.1", at: now)
      failed.note("::1", at: now)
      failed.note("unix:", at: now)
    }
    #expect(failed.isBlocked("2001:db8:1:2:3:4:5:6", at: now))
    #expect(failed.isBlocked("192.0.2.9", at: now))
    for other in ["2001:db8:1:3::1", "127.0.0.1", "::1", "unix:"] {
      #expect(!failed.isBlocked(other, at: now))
    }
  }

  @Test func `who was refused stays so, however many addresses come`() {
    let failed = FailedAttempts(limit: 1)
    for _ in 0..<2 { failed.note("192.0.2.7", at: now) }
    for number in 0..<20_000 { failed.note("10.\(number >> 8).\(number & 255).1", at: now) }
    #expect(failed.isBlocked("192.0.2.7", at: now))
  }

  @Test func `one too many is told so, and who leaves makes room`() throws {
    let crowd = Crowd(limit: 1)
    try crowd.enter {
      #expect(throws: Refusal.self) { try crowd.enter {} }
    }
    try crowd.enter {}
  }

  @Test(arguments: [
    ("0a1B2c3D4e5F6071829304a5b6c7d8e9", true), ("0a1B2c3D4e5F6071829304a5b6c7d8_-", true),
    ("x", false), ("made-up", false), (String(repeating: "a", count: 129), false),
    ("0a1B2c3D4e5F6071829304a5b6c7d8e ", false), ("付0a1B2c3D4e5F6071829304a5b6c7", false),
  ])
  func `a login code of an impossible shape asks nobody`(_ code: String, _ isPossible: Bool) {
    #expect(Login.isPossible(code) == isPossible)
  }

  @Test func `health is proven once a second, whoever asks`() {
    let health = WritingHealth()
    var proofs = 0
    for milliseconds in [0, 1, 999] {
      #expect(health.reason(at: now + .milliseconds(milliseconds)) { proofs += 1 } == nil)
    }
    #expect(proofs == 1)
    struct Full: Error {}
    #expect(health.reason(at: now + .seconds(1)) { throw Full() } == "Full()")
    #expect(health.reason(at: now + .seconds(2)) {} == nil)
  }
}
