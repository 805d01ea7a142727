import MariaDB
import Payments
import Store
import TestSupport
import Testing

/// Calls to WeChat follow each other as slowly as it wants, whoever makes them.
@Suite struct PaceTests {
  private func microseconds(_ turn: Pace.Turn) throws -> Int64 {
    guard case .reserved(let microseconds) = turn else { throw TestSupportError("\(turn)") }
    return microseconds
  }

  private func reserve(
    _ shop: Shop, _ kind: Pace.Kind = .query, within most: Int64 = 1_000_000
  ) throws -> Pace.Turn {
    try Pace(shop.database).reserve(
      kind, shop.merchant, withinMicroseconds: most, until: shop.soon)
  }

  @Test func `of many at once each is given a moment of its own, and nobody is sent away`() throws {
    let shop = try Shop()
    // So that the time that this takes counts for nothing.
    _ = try reserve(shop)
    try shop.run("UPDATE pace SET next_at = next_at + 45000000")
    let begin = try #require(try shop.query("SELECT next_at FROM pace").first).integer("next_at")
    let turns = try concurrently(64) { _ in try reserve(shop, within: 59_000_000) }
    #expect(try turns.allSatisfy { try microseconds($0) > 0 })
    let end = try #require(try shop.query("SELECT next_at FROM pace").first).integer("next_at")
    #expect(end - begin == 64 * Pace.Kind.query.spacingMicroseconds)
  }

  @Test func `who takes a moment waits for it, and comes no earlier`() throws {
    let shop = try Shop()
    let pace = Pace(shop.database)
    let begun = ContinuousClock.now
    let delays = try concurrently(20) { _ in
      try (0..<3).map { _ in try pace.take(.refund, shop.merchant, until: shop.soon) }
    }.flatMap(\.self)
    #expect(delays.allSatisfy { $0 == nil }, "\(delays)")
    let spacing = Duration.microseconds(Pace.Kind.refund.spacingMicroseconds)
    #expect(ContinuousClock.now - begun >= spacing * 59)
  }

  @Test func `what lies too far ahead is not reserved, and its time is told`() throws {
    let shop = try Shop()
    _ = try reserve(shop)
    try shop.run("UPDATE pace SET next_at = next_at + 45000000")
    let before = try shop.query("SELECT next_at FROM pace")[0].integer("next_at")
    guard case .delayed(.crowded(let seconds)) = try reserve(shop) else {
      Issue.record("reserved")
      return
    }
    #expect((2...46).contains(seconds), "\(seconds)")
    #expect(try shop.query("SELECT next_at FROM pace")[0].integer("next_at") == before)
  }

  @Test func `a moment long past is not made up for`() throws {
    let shop = try Shop()
    #expect(try microseconds(reserve(shop)) == 0)
    try shop.run("UPDATE pace SET next_at = 1")
    #expect(try microseconds(reserve(shop)) == 0)
    #expect(try shop.count("pace WHERE next_at > 1700000000000000") == 1)
  }

  @Test func `a moment of a clock that was set back since holds nobody up`() throws {
    let shop = try Shop()
    _ = try reserve(shop)
    try shop.run("UPDATE pace SET next_at = next_at + 86400000000")
    #expect(try microseconds(reserve(shop)) == 0)
    #expect(try microseconds(reserve(shop)) < Pace.Kind.query.spacingMicroseconds)
  }

  @Test func `a pause holds back calls of its kind only, and says why and how long`() throws {
    let shop = try Shop()
    let pace = Pace(shop.database)
    // Also before the first call.
    try pause(shop, .configuration, "CERT_ERROR")
    guard case .delayed(.paused(let reason)) = try reserve(shop, .refund) else {
      Issue.record("not paused")
      return
    }
    #expect((3500...3600).contains(reason.seconds), "\(reason)")
    #expect(reason.wait == .configuration)
    #expect(reason.remark == "CERT_ERROR")
    #expect(try pace.take(.query, shop.merchant, until: shop.soon) == nil)
  }

  @Test func `a person ends a pause that waits for a person, and no other`() throws {
    let shop = try Shop()
    let pace = Pace(shop.database)
    try pause(shop, .configuration, "CERT_ERROR")
    try pace.resume(.refund, shop.merchant, until: shop.soon)
    #expect(try pace.take(.refund, shop.merchant, until: shop.soon) == nil)
    try pause(shop, .pace, "INVALID_REQ_TOO_MUCH")
    try pace.resume(.refund, shop.merchant, until: shop.soon)
    #expect(try pace.take(.refund, shop.merchant, until: shop.soon) != nil)
  }

  private func pause(_ shop: Shop, _ wait: RefundWait, _ remark: String) throws {
    try Pace(shop.database).pause(
      .refund, shop.merchant, seconds: 3600, wait, remark, until: shop.soon)
  }
}
