import Server
import TestSupport
import Testing

/// The same request twice is one refund; another one under the same name is none.
@Suite(.serialized) struct RefundRepetitionTests {
  private static let site = Result { try Site.forRefunds() }
  private let site: Site

  init() throws { site = try Self.site.get() }

  private func books() throws -> [String: Int64] {
    try site.digest().filter { ["payment", "refund", "journal"].contains($0.key) }
  }

  private func expectConflict(
    _ reply: Site.Reply, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      reply.code == "REFUND_CONFLICT" && reply.status == 409, "\(reply.status) \(reply.text)",
      sourceLocation: sourceLocation)
  }

  private func apply(
    _ order: String, _ buyer: Site.Buyer, fee: Int64?, reason: String = "拍错了",
    kind: String = "unshipped", key: String? = nil
  ) throws -> Site.Reply {
    try site.send(
      "POST", "/wxpay/refund-apply", token: buyer.token, key: key,
      json: [
        "out_trade_no": .string(order), "refund_fee": fee.map { JSON($0) } ?? .null,
        "kind": .string(kind), "reason": .string(reason),
      ])
  }

  private func refund(
    _ order: String, fee: Int64, reason: String = "缺货", number: String? = nil, key: String? = nil
  ) throws -> Site.Reply {
    try site.send(
      "POST", "/wxpay/merchant/orders/\(order)/refunds", token: site.cashier, key: key,
      json: [
        "refund_fee": JSON(fee), "reason": .string(reason), "out_refund_no": JSON(number),
      ])
  }

  @Test func `a refund number names one refund for ever`() throws {
    let (order, _) = try site.paidOrder()
    let (other, _) = try site.paidOrder()
    let number = Site.refundNumber()
    #expect(try refund(order, fee: 500, number: number).status == 201)
    try site.waitUntil(number, is: "succeeded")
    let before = try books()
    let again = try refund(order, fee: 500, number: number)
    #expect(again.status == 200 && again.json["state"]?.string == "succeeded", "\(again.text)")
    expectConflict(try refund(order, fee: 501, number: number))
    expectConflict(try refund(order, fee: 500, reason: "破损", number: number))
    expectConflict(try refund(other, fee: 500, number: number))
    #expect(try books() == before)
    #expect(try site.transmissions(number).count == 1)
  }

  @Test func `a key names one refund of the cashiers`() throws {
    let (order, _) = try site.paidOrder()
    let key = Site.number()
    let first = try refund(order, fee: 500, key: key)
    let number = try #require(first.json["out_refund_no"]?.string, "\(first.text)")
    try site.waitUntil(number, is: "succeeded")
    let before = try books()
    let again = try refund(order, fee: 500, key: key)
    #expect(again.status == 200 && again.json["out_refund_no"]?.string == number, "\(again.text)")
    expectConflict(try refund(order, fee: 400, key: key))
    expectConflict(try refund(order, fee: 500, reason: "破损", key: key))
    // Whoever names a number of their own is not told of another one.
    expectConflict(try refund(order, fee: 500, number: Site.refundNumber(), key: key))
    #expect(try refund(order, fee: 500, number: number, key: key).status == 200)
    for key in [String(repeating: "k", count: 65), "with space", "schlüssel"] {
      #expect(try refund(order, fee: 1, key: key).code == "MALFORMED_REQUEST")
    }
    #expect(try books() == before)
    #expect(try site.weChatRefunds(of: order).count == 1)
  }

  @Test func `who lost the answer to a refund without a number and asks again pays once`() throws {
    let (order, _) = try site.paidOrder()
    let first = try refund(order, fee: 500)
    try #require(first.status == 201, "\(first.text)")
    let number = try #require(first.json["out_refund_no"]?.string)
    let again = try refund(order, fee: 500)
    #expect(again.status == 200 && again.json["out_refund_no"]?.string == number, "\(again.text)")
    let other = try refund(order, fee: 500, reason: "破损")
    #expect(other.status == 201, "\(other.text)")
    #expect(try site.reserved(order) == 1000)
    // Other tests of the site look at books that nothing changes any more.
    try site.waitUntil(number, is: "succeeded")
    try site.waitUntil(try #require(other.json["out_refund_no"]?.string), is: "succeeded")
  }

  @Test func `a refund that WeChat has closed can be wished for once more`() throws {
    let (order, _) = try site.paidOrder()
    try site.control(
      "POST", "refund-outcome", ["outcome": "close", "out_trade_no": .string(order)])
    let first = try refund(order, fee: 500)
    let number = try #require(first.json["out_refund_no"]?.string, "\(first.text)")
    try site.waitUntil(number, is: "closed")
    let again = try refund(order, fee: 500)
    #expect(again.status == 201 && again.json["out_refund_no"]?.string != number, "\(again.text)")
    try site.waitUntil(try #require(again.json["out_refund_no"]?.string), is: "closed")
  }

  @Test func `a key of the buyer's outlives the decision`() throws {
    let (order, buyer) = try site.paidOrder()
    let key = Site.number()
    let first = try apply(order, buyer, fee: 500, key: key)
    let number = try #require(first.json["out_refund_no"]?.string, "\(first.text)")
    for _ in 0..<2 {
      let before = try books()
      let again = try apply(order, buyer, fee: 500, key: key)
      #expect(again.status == 200 && again.json["out_refund_no"]?.string == number)
      expectConflict(try apply(order, buyer, fee: 501, key: key))
      expectConflict(try apply(order, buyer, fee: nil, key: key))
      expectConflict(try apply(order, buyer, fee: 500, reason: "不想要了", key: key))
      expectConflict(try apply(order, buyer, fee: 500, kind: "returned", key: key))
      #expect(try books() == before)
      _ = try site.decide("reject", number, ["reason": "已发货"])
    }
    // Somebody else may have thought of the same key.
    let (second, another) = try site.paidOrder()
    #expect(try apply(second, another, fee: 500, key: key).status == 201)
    let cashiers = try refund(second, fee: 500, key: key)
    #expect(cashiers.status == 201, "\(cashiers.text)")
  }

  @Test func `a wish for the rest is the same wish, whatever happened to others`() throws {
    let (order, buyer) = try site.paidOrder()
    let part = try apply(order, buyer, fee: 490)
    #expect(part.status == 201, "\(part.text)")
    let key = Site.number()
    let rest = try apply(order, buyer, fee: nil, key: key)
    #expect(rest.status == 201 && rest.json["refund_fee"]?.integer == 1500, "\(rest.text)")
    let partNumber = try #require(part.json["out_refund_no"]?.string)
    _ = try site.decide("reject", partNumber, ["reason": "x"])
    let again = try apply(order, buyer, fee: nil, key: key)
    #expect(again.status == 200 && again.json["out_refund_no"] == rest.json["out_refund_no"])
  }

  /// The taps of an impatient finger, with what each of them got.
  private func tap(_ send: @escaping @Sendable () throws -> Site.Reply) throws -> Set<String> {
    let replies = try concurrently(20) { _ in try send() }
    #expect(
      replies.allSatisfy { [200, 201].contains($0.status) },
      "\(replies.map { "\($0.status) \($0.code ?? "")" })")
    #expect(replies.filter { $0.status == 201 }.count == 1)
    return Set(replies.compactMap { $0.json["out_refund_no"]?.string })
  }

  @Test func `twenty taps at once are one refund`() throws {
    let test = self
    let (order, buyer) = try site.paidOrder()
    #expect(try tap { try test.apply(order, buyer, fee: nil) }.count == 1)
    let (part, owner) = try site.paidOrder()
    #expect(try tap { try test.apply(part, owner, fee: 500) }.count == 1)
    #expect(try site.reserved(part) == 500)

    let number = Site.refundNumber()
    let (numbered, _) = try site.paidOrder()
    #expect(try tap { try test.refund(numbered, fee: 500, number: number) } == [number])
    let key = Site.number()
    let (keyed, _) = try site.paidOrder()
    let refunds = try tap { try test.refund(keyed, fee: 500, key: key) }
    #expect(refunds.count == 1)
    for (order, refund) in [(numbered, number), (keyed, refunds.first ?? "")] {
      try site.waitUntil(refund, is: "succeeded")
      #expect(try site.transmissions(refund).count == 1)
      #expect(try site.weChatRefunds(of: order).count == 1)
      #expect(try site.reserved(order) == 500)
    }
  }
}
