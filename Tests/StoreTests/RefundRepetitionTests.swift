import Payments
import Store
import TestSupport
import Testing

@Suite struct RefundRepetitionTests {
  private static let lasting = RequestKey("order-7-return", of: "merchant:anna")
  private static let wish = RequestKey(wish: "20261121-7 500 too small", of: "buyer-1")

  @Test(arguments: [nil, lasting, wish])
  func `the same application again changes nothing`(key: RequestKey?) throws {
    let shop = try Shop()
    let application = try shop.application(shop.paid(), key: key)
    guard case .created(let refund) = try shop.refunds.apply(application, by: shop.act()) else {
      Issue.record("not created")
      return
    }
    let before = try shop.everything()
    for _ in 0..<3 {
      #expect(try shop.refunds.apply(application, by: shop.act()) == .existed(refund))
    }
    #expect(try shop.everything() == before)
  }

  @Test func `the same number with other content is a conflict and changes nothing`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let other = try shop.paid("20261121-8", transaction: "2")
    try shop.apply(payment)
    let before = try shop.everything()
    for application in [
      try shop.application(payment, "R1", 501),
      try shop.application(payment, "R1", 1991),
      try shop.application(payment, "R1", kind: .returned),
      try shop.application(payment, "R1", reason: "too large"),
      try shop.application(other, "R1"),
    ] {
      #expect(try shop.refunds.apply(application, by: shop.act()) == .conflict)
    }
    #expect(try shop.everything() == before)
  }

  @Test(arguments: [lasting, wish])
  func `the same key answers as before whatever number was made up`(key: RequestKey?) throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let refund = try shop.apply(payment, "R1", key: key)
    try shop.apply(payment, "R2", key: nil)
    let before = try shop.everything()
    func again(_ number: String, _ amount: Int64 = 500) throws -> Refunds.Creation {
      try shop.refunds.apply(
        shop.application(payment, number, amount, key: key), by: shop.act())
    }
    #expect(try again("R9") == .existed(refund))
    #expect(try again("R9", 501) == .conflict)
    // The number is one refund's, the key another's.
    #expect(try again("R2") == .conflict)
    #expect(try shop.everything() == before)
  }

  @Test func `of many copies at once one is recorded`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let outcomes = try concurrently(32) { number in
      try shop.refunds.apply(
        shop.application(payment, "R\(number)", key: Self.wish), by: shop.act())
    }
    #expect(outcomes.count { if case .created = $0 { true } else { false } } == 1)
    #expect(outcomes.count { if case .existed = $0 { true } else { false } } == 31)
    #expect(try shop.held() == .init(500, of: 0))
    #expect(try shop.count("refund") == 1)
    #expect(try shop.history().filter { $0.hasPrefix("applied") }.count == 1)
  }

  @Test func `two callers may have thought of the same key`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    for (number, holder) in [("R1", "merchant:anna"), ("R2", "merchant:bert")] {
      try shop.apply(payment, number, key: RequestKey("key", of: holder))
      try shop.apply(payment, "\(number)w", 100, key: RequestKey(wish: "key", of: holder))
    }
    #expect(try shop.count("refund") == 4)
  }

  @Test(arguments: ["", "a b", "schlüssel", "a\n", String(repeating: "k", count: 65)])
  func `what is not visible ASCII of up to 64 characters is no key`(text: String) {
    #expect(RequestKey(text, of: "merchant:anna") == nil)
  }

  @Test func `a key of 64 characters fits its column`() throws {
    let shop = try Shop()
    let key = try #require(
      RequestKey(String(repeating: "=", count: 64), of: "merchant:anna"))
    try shop.apply(shop.paid(), key: key)
    #expect(try shop.count("refund WHERE request_key IS NOT NULL") == 1)
  }

  @Test(arguments: [RefundDecision.Verdict.approve(amount: nil), .reject, .withdraw])
  func `a wish that was decided may be wished again, a key is kept for ever`(
    verdict: RefundDecision.Verdict
  ) throws {
    let shop = try Shop()
    let payment = try shop.paid()
    try shop.apply(payment, "R1", key: Self.wish)
    try shop.apply(payment, "R2", key: Self.lasting)
    for number in ["R1", "R2"] { _ = try shop.decide(number, verdict, reason: "so be it") }
    try shop.apply(payment, "R3", key: Self.wish)
    #expect(
      try shop.refunds.apply(
        shop.application(payment, "R4", key: Self.lasting), by: shop.act())
        == .existed(shop.refund("R2")))
  }

  @Test func `a wish ends when the merchant agrees to take the goods back`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    try shop.apply(payment, "R1", kind: .returned, key: Self.wish)
    _ = try shop.decide("R1", .approve(amount: nil))
    try shop.apply(payment, "R2", kind: .returned, key: Self.wish)
    #expect(try shop.held() == .init(1000, of: 0))
  }

  @Test func `a refused application leaves its number and key free`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    try shop.apply(payment, "R1", 1990)
    let application = try shop.application(payment, "R2", key: Self.lasting)
    #expect(
      try shop.refunds.apply(application, by: shop.act()) == .refused(.exceeds(left: .zero)))
    _ = try shop.decide("R1", .withdraw)
    try shop.apply(payment, "R2", key: Self.lasting)
  }
}
