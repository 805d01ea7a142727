import Payments
import Store
import TestSupport
import Testing

@Suite struct RefundReviewTests {
  @Test func `an approved refund is recorded as it will be sent`() throws {
    let shop = try Shop()
    try shop.apply(shop.paid())
    guard case .decided(let refund) = try shop.decide("R1", .approve(amount: nil), reason: "sorry")
    else {
      Issue.record("not decided")
      return
    }
    #expect(refund.state == .approved)
    #expect(refund.reviewReason == "sorry")
    #expect(refund.parameters == "refund_fee=500")
    #expect(try shop.refund() == refund)
    #expect(try shop.held() == .init(500, of: 1))
    #expect(
      try shop.history(ofRefund: "R1") == ["applied:>applied", "approved:applied>approved"])
    #expect(try shop.duties.take([.refund], until: shop.soon)?.subject == "R1")
  }

  @Test func `approving less gives the difference back`() throws {
    let shop = try Shop()
    try shop.apply(shop.paid())
    guard
      case .decided(let refund) = try shop.decide("R1", .approve(amount: Fen(200)), reason: "worn")
    else {
      Issue.record("not decided")
      return
    }
    #expect(refund.amount == Fen(200))
    #expect(refund.appliedAmount == Fen(500))
    #expect(refund.parameters == "refund_fee=200")
    #expect(try shop.held() == .init(200, of: 1))
    let before = try shop.everything()
    #expect(try shop.decide("R1", .approve(amount: nil)) == .stood(refund))
    #expect(try shop.decide("R1", .approve(amount: Fen(200))) == .stood(refund))
    #expect(try shop.decide("R1", .approve(amount: Fen(100))) == .amountConflict(refund))
    #expect(try shop.decide("R1", .approve(amount: Fen(500))) == .amountConflict(refund))
    #expect(try shop.everything() == before)
    #expect(try shop.unbalanced() == 0)
  }

  @Test(arguments: [RefundKind.unshipped, .returned])
  func `approving more than was applied for changes nothing`(kind: RefundKind) throws {
    let shop = try Shop()
    let refund = try shop.apply(shop.paid(), kind: kind)
    let before = try shop.everything()
    #expect(try shop.decide("R1", .approve(amount: Fen(501))) == .amountConflict(refund))
    #expect(try shop.everything() == before)
  }

  @Test(arguments: [
    (RefundDecision.Verdict.reject, RefundState.rejected), (.withdraw, .withdrawn),
  ])
  func `what is not to be paid gives its amount back once`(
    verdict: RefundDecision.Verdict, state: RefundState
  ) throws {
    let shop = try Shop()
    let payment = try shop.paid()
    try shop.apply(payment, "R2", 700)
    try shop.apply(payment, "R1")
    _ = try shop.decide("R1", verdict, reason: "worn")
    #expect(try shop.refund().state == state)
    #expect(try shop.held() == .init(700, of: 0))
    let before = try shop.everything()
    for _ in 0..<2 {
      #expect(try shop.decide("R1", verdict, reason: "another") == .stood(shop.refund()))
    }
    #expect(try shop.everything() == before)
    #expect(try shop.unbalanced() == 0)
  }

  @Test func `an approved refund can be withdrawn and then is not sent`() throws {
    let shop = try Shop()
    try shop.apply(shop.paid(), parameters: "refund_fee=500")
    let duty = try shop.take("R1")
    let seen = try shop.refund()
    _ = try shop.decide("R1", .withdraw)
    let before = try shop.everything()
    #expect(throws: RefundChanged.self) {
      try shop.refunds.takeTurnToSend(seen, duty, by: shop.act())
    }
    #expect(throws: RefundRefusal.isWithdrawn) {
      try shop.refunds.takeTurnToSend(shop.refund(), duty, by: shop.act())
    }
    #expect(try shop.everything() == before)
    #expect(try shop.held() == .init(0, of: 0))
  }

  @Test(arguments: ["state = 'withdrawn'", "refund_fee = 1"])
  func `what somebody has mended by hand is not overwritten`(mending: String) throws {
    let shop = try Shop()
    let seen = try shop.apply(shop.paid(), parameters: "refund_fee=500")
    let duty = try shop.take("R1")
    // Who mends a row does not think of its version.
    try shop.run("UPDATE refund SET \(mending)")
    let before = try shop.everything()
    #expect(throws: RefundChanged.self) {
      try shop.refunds.takeTurnToSend(seen, duty, by: shop.act())
    }
    #expect(try shop.everything() == before)
  }

  @Test(arguments: [RefundDecision.Verdict.reject, .withdraw])
  func `what was sent is not taken back`(verdict: RefundDecision.Verdict) throws {
    let shop = try Shop()
    _ = try shop.send(shop.paid())
    let before = try shop.everything()
    #expect(throws: RefundRefusal.isSent) { try shop.decide("R1", verdict, reason: "worn") }
    #expect(try shop.everything() == before)
  }

  @Test func `a buyer decides about their own refund only`() throws {
    let shop = try Shop()
    try shop.apply(shop.paid())
    let before = try shop.everything()
    #expect(try shop.decide("R1", .withdraw, order: "20261121-8") == .notFound)
    #expect(try shop.decide("R2", .withdraw) == .notFound)
    // Another has paid the same order, and knows the number of this refund.
    let stranger = try #require(OpenID("oUpF8uMuAJO_M2pxb1Q9zNjWeS7x"))
    let withdrawal = RefundDecision(
      .withdraw, reason: nil, order: OutTradeNo("20261121-7"), payer: stranger)
    let number = try #require(OutRefundNo("R1"))
    #expect(try shop.decide(number, withdrawal, by: shop.act()) == .notFound)
    #expect(try shop.everything() == before)
    _ = try shop.decide("R1", .withdraw, order: "20261121-7")
    #expect(try shop.refund().state == .withdrawn)
  }

  @Test func `of two who decide at once one is told what the other has decided`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    for round in 1...50 {
      let number = "R\(round)"
      try shop.apply(payment, number, 10)
      let outcomes = try concurrently(2) { person -> Result<RefundReview, RefundRefusal> in
        do {
          return .success(
            try shop.decide(
              number, person == 0 ? .approve(amount: Fen(7)) : .reject, reason: "decided"))
        } catch let refusal as RefundRefusal {
          return .failure(refusal)
        }
      }
      switch (outcomes[0], outcomes[1]) {
      case (.success(.decided), .failure(.isApproved)):
        #expect(try shop.refund(number).state == .approved)
      case (.failure(.isRejected), .success(.decided)):
        #expect(try shop.refund(number).state == .rejected)
      default: Issue.record("round \(round): \(outcomes)")
      }
      #expect(try shop.history(ofRefund: number).count == 2)
    }
    #expect(try shop.unbalanced() == 0)
  }

  @Test func `the same decision of many at once is recorded once`() throws {
    let shop = try Shop()
    try shop.apply(shop.paid())
    let outcomes = try concurrently(16) { _ in
      try shop.decide("R1", .approve(amount: Fen(300)), reason: "worn")
    }
    #expect(outcomes.count { if case .decided = $0 { true } else { false } } == 1)
    #expect(outcomes.count { if case .stood = $0 { true } else { false } } == 15)
    #expect(try shop.held() == .init(300, of: 1))
    #expect(try shop.history(ofRefund: "R1").count == 2)
  }
}
