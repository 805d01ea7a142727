import Payments
import Store
import TestSupport
import Testing

@Suite struct DutiesTests {
  @Test func `of sixteen who want a duty one gets it`() throws {
    let shop = try Shop()
    try shop.plan("R1")
    let duties = try concurrently(16) { _ in try shop.duties.take(until: shop.soon) }
    #expect(duties.compactMap(\.?.subject) == ["R1"])
    #expect(try shop.count("duty WHERE attempt = 1 AND lease = 1") == 1)
  }

  @Test func `sixteen duties are taken by sixteen who want one`() throws {
    let shop = try Shop()
    for number in 0..<16 { try shop.plan("R\(number)") }
    let duties = try concurrently(16) { _ in try shop.duties.take(until: shop.soon) }
    #expect(Set(duties.compactMap(\.?.subject)).count == 16)
    #expect(try shop.duties.take(until: shop.soon) == nil)
  }

  @Test func `a duty is what was planned`() throws {
    let shop = try Shop()
    try shop.plan("20261121-7", .platformRefunds)
    let duty = try #require(try shop.duties.take(until: shop.soon))
    #expect(duty.kind == .platformRefunds)
    #expect(duty.merchant == shop.merchant)
    #expect(duty.subject == "20261121-7")
    #expect(duty.attempt == 1)
  }

  @Test func `a duty that is not due is not taken, not even by its name`() throws {
    let shop = try Shop()
    try shop.plan("R1")
    try shop.duties.finish(
      shop.take("R1"), .again(afterSeconds: 60, isFresh: false), until: shop.soon)
    #expect(try shop.duties.take(until: shop.soon) == nil)
    #expect(try shop.duties.take(.refund, shop.merchant, "R1", until: shop.soon) == nil)
    try shop.run("UPDATE duty SET due_at = due_at - 60000000")
    #expect(try shop.take("R1").attempt == 2)
  }

  @Test func `only the duty that is named is taken`() throws {
    let shop = try Shop()
    try shop.plan("R1")
    try shop.plan("R2")
    #expect(try shop.take("R2").subject == "R2")
    #expect(try shop.duties.take(.refund, shop.merchant, "R2", until: shop.soon) == nil)
    #expect(try shop.duties.take(.platformRefunds, shop.merchant, "R1", until: shop.soon) == nil)
    let other = try #require(MerchantName("other"))
    #expect(try shop.duties.take(.refund, other, "R1", until: shop.soon) == nil)
  }

  @Test(arguments: [
    DutyEnding.done, .again(afterSeconds: 3600, isFresh: true), .notBegun(afterSeconds: 3600),
  ])
  func `who has overslept the lease finishes nothing`(ending: DutyEnding) throws {
    let shop = try Shop()
    try shop.plan("R1")
    let late = try shop.take("R1")
    #expect(try shop.duties.take(until: shop.soon) == nil)
    try shop.endLeases()
    let heir = try shop.take("R1")
    #expect(heir.attempt == 2)
    let before = try shop.everything()
    try shop.duties.finish(late, ending, until: shop.soon)
    #expect(try shop.everything() == before)
    try shop.duties.finish(heir, .done, until: shop.soon)
    #expect(try shop.duties.take(until: shop.soon) == nil)
    #expect(try shop.count("duty WHERE done_at IS NOT NULL") == 1)
  }

  @Test(arguments: [
    DutyEnding.done, .again(afterSeconds: 3600, isFresh: true),
    .again(afterSeconds: 3600, isFresh: false),
  ])
  func `what is planned while the duty is held comes up once it is given back`(
    ending: DutyEnding
  ) throws {
    let shop = try Shop()
    try shop.plan("R1")
    let duty = try shop.take("R1")
    try shop.plan("R1")
    // Not before: one at a time.
    #expect(try shop.duties.take(until: shop.soon) == nil)
    try shop.duties.finish(duty, ending, until: shop.soon)
    try shop.passTimeOfDuties(seconds: 5)
    let next = try shop.take("R1")
    try shop.duties.finish(next, .done, until: shop.soon)
    #expect(try shop.duties.take(until: shop.soon) == nil)
  }

  /// A refund whose answer was lost may still be on its way: WeChat would say that it has none.
  @Test func `what is planned meanwhile waits five seconds when the holder did not get ahead`()
    throws
  {
    let shop = try Shop()
    try shop.plan("R1")
    let duty = try shop.take("R1")
    try shop.plan("R1")
    try shop.duties.finish(duty, .again(afterSeconds: 60, isFresh: false), until: shop.soon)
    #expect(try shop.duties.take(until: shop.soon) == nil)
    try shop.passTimeOfDuties(seconds: 5)
    let again = try shop.take("R1")
    try shop.plan("R1")
    try shop.duties.finish(again, .again(afterSeconds: 60, isFresh: true), until: shop.soon)
    #expect(try shop.duties.take(until: shop.soon)?.subject == "R1")
  }

  @Test func `who hurries a refund does not overtake a send that was counted meanwhile`() throws {
    let shop = try Shop()
    let seen = try shop.apply(shop.paid(), parameters: "refund_fee=500")
    let duty = try shop.take("R1")
    _ = try shop.turn(seen, duty)
    try shop.duties.finish(duty, .again(afterSeconds: 60, isFresh: false), until: shop.soon)
    try shop.refunds.hurry(seen, by: shop.act())
    #expect(try shop.duties.take(.refund, shop.merchant, "R1", until: shop.soon) == nil)
    try shop.passTimeOfDuties(seconds: 5)
    _ = try shop.take("R1")
  }

  @Test(arguments: [DutyEnding.done, .again(afterSeconds: 3600, isFresh: false)])
  func `what is planned after the lease is over is not lost to a slow holder`(
    ending: DutyEnding
  ) throws {
    let shop = try Shop()
    try shop.plan("R1")
    let slow = try shop.take("R1")
    try shop.endLeases()
    try shop.plan("R1")
    try shop.duties.finish(slow, ending, until: shop.soon)
    try shop.passTimeOfDuties(seconds: 5)
    #expect(try shop.duties.take(until: shop.soon)?.subject == "R1")
  }

  @Test(arguments: [DutyEnding.done, .again(afterSeconds: 3600, isFresh: false)])
  func `what is planned after the duty was given back is not lost to a repetition`(
    ending: DutyEnding
  ) throws {
    let shop = try Shop()
    try shop.plan("R1")
    let duty = try shop.take("R1")
    try shop.duties.finish(duty, ending, until: shop.soon)
    try shop.plan("R1")
    try shop.duties.finish(duty, ending, until: shop.soon)
    #expect(try shop.duties.take(until: shop.soon)?.subject == "R1")
  }

  @Test func `holding a lease keeps what is planned meanwhile`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let (refund, duty) = try shop.send(payment)
    try shop.plan("R1")
    _ = try shop.turn(refund, duty)
    try shop.duties.finish(duty, .done, until: shop.soon)
    #expect(try shop.duties.take([.refund], until: shop.soon)?.subject == "R1")
  }

  @Test func `holding a lease alone makes nothing due`() throws {
    let shop = try Shop()
    let (refund, duty) = try shop.send(shop.paid())
    _ = try shop.turn(refund, duty)
    try shop.duties.finish(duty, .done, until: shop.soon)
    #expect(try shop.duties.take([.refund], until: shop.soon) == nil)
    #expect(try shop.count("duty WHERE done_at IS NOT NULL") == 1)
  }

  @Test func `a duty that was done begins anew when it is planned again`() throws {
    let shop = try Shop()
    try shop.plan("R1")
    for _ in 0..<2 {
      let duty = try shop.take("R1")
      #expect(duty.attempt == 1)
      try shop.duties.finish(duty, .done, until: shop.soon)
      #expect(try shop.duties.take(until: shop.soon) == nil)
      try shop.plan("R1")
    }
    #expect(try shop.count("duty") == 1)
  }

  @Test func `attempts are counted until the duty gets ahead`() throws {
    let shop = try Shop()
    try shop.plan("R1")
    for (attempt, isFresh) in [(1, false), (2, false), (3, true), (1, false), (2, false)] {
      let duty = try shop.take("R1")
      #expect(duty.attempt == attempt)
      try shop.duties.finish(
        duty, .again(afterSeconds: 0, isFresh: isFresh), until: shop.soon)
    }
    // Done is ahead, also when more was planned meanwhile.
    let duty = try shop.take("R1")
    try shop.plan("R1")
    try shop.duties.finish(duty, .done, until: shop.soon)
    #expect(try shop.take("R1").attempt == 1)
  }

  @Test func `a time at which nothing was tried does not count`() throws {
    let shop = try Shop()
    try shop.plan("R1")
    try shop.duties.finish(
      shop.take("R1"), .again(afterSeconds: 0, isFresh: false), until: shop.soon)
    for _ in 0..<6 {
      let duty = try shop.take("R1")
      #expect(duty.attempt == 2)
      try shop.duties.finish(duty, .notBegun(afterSeconds: 0), until: shop.soon)
      // Given back once, it is given back.
      try shop.duties.finish(duty, .notBegun(afterSeconds: 0), until: shop.soon)
    }
    // What was planned while it was held was done with by none of these.
    let duty = try shop.take("R1")
    try shop.plan("R1")
    try shop.duties.finish(duty, .notBegun(afterSeconds: 60), until: shop.soon)
    try shop.passTimeOfDuties(seconds: 5)
    let last = try shop.take("R1")
    try shop.duties.finish(last, .notBegun(afterSeconds: 60), until: shop.soon)
    #expect(try shop.duties.take(until: shop.soon) == nil)
  }

  @Test func `planning brings a waiting duty forward and never puts one off`() throws {
    let shop = try Shop()
    try shop.plan("R1")
    try shop.run("UPDATE duty SET due_at = 1")
    try shop.plan("R1")
    #expect(try shop.count("duty WHERE due_at = 1") == 1)
    try shop.duties.finish(
      shop.take("R1"), .again(afterSeconds: 3600, isFresh: false), until: shop.soon)
    try shop.plan("R1")
    #expect(try shop.duties.take(until: shop.soon)?.subject == "R1")
  }

  @Test func `who is overdue longest waits for sixteen others at most`() throws {
    let shop = try Shop()
    for number in 0..<48 { try shop.plan("R\(number)") }
    try shop.run("UPDATE duty SET due_at = 1 + CAST(SUBSTR(subject, 2) AS INT)")
    for turn in 0..<48 {
      let duty = try #require(try shop.duties.take(until: shop.soon))
      let number = try #require(Int(duty.subject.dropFirst()))
      #expect(number < turn + 16)
    }
  }

  @Test func `duties of a kind that is not known here are left to those who know it`() throws {
    let shop = try Shop()
    try shop.run(
      "INSERT INTO duty (kind, merchant, subject, due_at) VALUES ('tell_the_moon', 'main', 'M', 1)")
    let before = try shop.everything()
    #expect(try shop.duties.take(until: shop.soon) == nil)
    #expect(try shop.everything() == before)
    try shop.plan("R1")
    #expect(try shop.duties.take(until: shop.soon)?.subject == "R1")
  }
}
