import Payments
import Store
import TestSupport
import Testing

@Suite struct RefundNewsTests {
  private static let end = BeijingTime(microseconds: 1_795_223_000_000_000)

  @Test func `an accepted refund is not yet a refunded one`() throws {
    let shop = try Shop()
    let (refund, _) = try shop.send(shop.paid())
    let accepted = try shop.refunds.record(shop.news(.accepted), of: refund, by: shop.act())
    #expect(accepted.state == .processing)
    #expect(accepted.succeededAt == nil)
    #expect(!accepted.isUnanswered)
    let succeeded = try shop.refunds.record(
      shop.news(.succeeded, at: Self.end), of: refund, by: shop.act("wechat-query"))
    #expect(succeeded.state == .succeeded)
    #expect(succeeded.succeededAt == Self.end)
    #expect(try shop.held() == .init(500, of: 1))
    #expect(
      try shop.history(ofRefund: "R1").suffix(2) == [
        "accepted:sending>processing", "succeeded:processing>succeeded",
      ])
  }

  @Test(arguments: [RefundEvent.accepted, .succeeded, .closed, .abnormal])
  func `the same news again changes nothing`(event: RefundEvent) throws {
    let shop = try Shop()
    let (refund, _) = try shop.send(shop.paid())
    let news = try shop.news(event, at: event == .succeeded ? Self.end : nil)
    let first = try shop.refunds.record(news, of: refund, by: shop.act())
    let before = try shop.everything()
    for _ in 0..<2 {
      #expect(try shop.refunds.record(news, of: first, by: shop.act()) == first)
    }
    #expect(try shop.everything() == before)
    #expect(try shop.unbalanced() == 0)
  }

  @Test func `late news of the way changes no end`() throws {
    let shop = try Shop()
    let (refund, _) = try shop.send(shop.paid())
    let end = try shop.refunds.record(
      shop.news(.succeeded, at: Self.end), of: refund, by: shop.act())
    #expect(try shop.refunds.record(shop.news(.accepted), of: refund, by: shop.act()) == end)
  }

  @Test func `a closed refund frees its amount once`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let (refund, _) = try shop.send(payment, "R1", 1990)
    let closed = try concurrently(8) { _ in
      try shop.refunds.record(shop.news(.closed, amount: 1990), of: refund, by: shop.act())
    }
    #expect(closed.allSatisfy { $0.state == .closed })
    #expect(try shop.held() == .init(0, of: 1))
    try shop.apply(payment, "R2", 1990)
    #expect(try shop.history(ofRefund: "R1").filter { $0.hasPrefix("closed") }.count == 1)
  }

  @Test func `an abnormal refund keeps its amount until WeChat reports an end`() throws {
    let shop = try Shop()
    let (refund, _) = try shop.send(shop.paid())
    let abnormal = try shop.refunds.record(shop.news(.abnormal), of: refund, by: shop.act())
    #expect(abnormal.state == .abnormal)
    #expect(abnormal.wait == .person)
    #expect(try shop.held() == .init(500, of: 1))
    #expect(try shop.record()?.alarms == [.refundAbnormal])
    let end = try shop.refunds.record(
      shop.news(.succeeded, at: Self.end), of: abnormal, by: shop.act())
    #expect(end.state == .succeeded)
    #expect(end.wait == nil)
    #expect(try shop.record()?.alarms == [])
  }

  @Test func `an answer ends the waiting for one`() throws {
    let shop = try Shop()
    let (refund, duty) = try shop.send(shop.paid())
    let accepted = try shop.refunds.record(shop.news(.accepted), of: refund, by: shop.act())
    try shop.refunds.note(
      .notAccepted, waiting: .weChat, remark: "no answer", of: accepted, duty, by: shop.act())
    #expect(try shop.refund().wait == .weChat)
    let asked = try shop.refunds.record(shop.news(.accepted), of: accepted, by: shop.act())
    #expect(asked.state == .processing)
    #expect(asked.wait == nil)
    #expect(asked.remark == nil)
  }

  @Test func `news that contradicts the record is one alarm each and changes nothing`() throws {
    let shop = try Shop()
    let (refund, _) = try shop.send(shop.paid())
    let end = try shop.refunds.record(
      shop.news(.succeeded, at: Self.end), of: refund, by: shop.act())
    for _ in 0..<3 {
      for news in [
        try shop.news(.succeeded, amount: 501, at: Self.end),
        try shop.news(.succeeded, refundID: "50000002", at: Self.end),
        try shop.news(.closed), try shop.news(.abnormal), try shop.news(.accepted, amount: 1),
      ] {
        #expect(try shop.refunds.record(news, of: end, by: shop.act()) == end)
      }
    }
    #expect(try shop.history(ofRefund: "R1").filter { $0 == "refund_mismatch:>" }.count == 5)
    #expect(try shop.held() == .init(500, of: 1))
    #expect(try shop.record()?.alarms == [.refundMismatch])
  }

  @Test func `news of what was never sent is an alarm`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let applied = try shop.apply(payment, "R1")
    let approved = try shop.apply(payment, "R2", parameters: "refund_fee=500")
    try shop.apply(payment, "R3")
    _ = try shop.decide("R3", .withdraw)
    let withdrawn = try shop.refund("R3")
    for refund in [applied, approved, withdrawn] {
      for event in [RefundEvent.accepted, .succeeded, .closed, .abnormal] {
        #expect(try shop.refunds.record(shop.news(event), of: refund, by: shop.act()) == refund)
      }
      #expect(
        try shop.history(ofRefund: refund.number.text).filter { $0 == "refund_mismatch:>" }.count
          == 4)
    }
    #expect(try shop.unbalanced() == 0)
  }
}
