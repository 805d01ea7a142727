import Payments
import Store
import TestSupport
import Testing

@Suite struct RefundsTests {
  @Test func `a refund is recorded with its money and its history`() throws {
    let shop = try Shop()
    let refund = try shop.apply(shop.paid())
    #expect(refund.state == .applied)
    #expect(refund.total == Fen(1990))
    #expect(refund.appliedAmount == Fen(500))
    #expect(refund.amount == Fen(500))
    #expect(refund.parameters == nil)
    #expect(refund.sends == 0)
    #expect(try shop.refund() == refund)
    // It counts against WeChat's fifty once it is decided.
    #expect(try shop.held() == .init(500, of: 0))
    #expect(try shop.history(ofRefund: "R1") == ["applied:>applied"])
    #expect(try shop.duties.take([.refund], until: shop.soon) == nil)
  }

  @Test func `a refund that is approved as it is applied for is to be sent at once`() throws {
    let shop = try Shop()
    let refund = try shop.apply(shop.paid(), parameters: "refund_fee=500")
    #expect(refund.state == .approved)
    #expect(refund.parameters == "refund_fee=500")
    #expect(
      try shop.history(ofRefund: "R1") == ["applied:>applied", "approved:applied>approved"])
    #expect(try shop.duties.take([.refund], until: shop.soon)?.subject == "R1")
  }

  @Test func `of 64 partial refunds at once exactly those that fit are recorded`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let outcomes = try concurrently(64) { number in
      try shop.refunds.apply(
        shop.application(
          payment, "R\(number)", 50, parameters: number.isMultiple(of: 2) ? "refund_fee=50" : nil),
        by: shop.act())
    }
    #expect(outcomes.filter(\.isCreated).count == 39)
    #expect(outcomes.count { $0 == .refused(.exceeds(left: Fen(40)!)) } == 25)
    #expect(try shop.held().fee == 1950)
    #expect(try shop.count("refund") == 39)
    #expect(try shop.unbalanced() == 0)
    #expect(try shop.history().filter { $0 == "applied:>applied" }.count == 39)
  }

  @Test func `refunds that come and go at once leave exactly what is left of them`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    try concurrently(32) { number in
      let amount = Int64(number * 37 % 600 + 1)
      let outcome = try shop.refunds.apply(
        shop.application(payment, "R\(number)", amount), by: shop.act())
      guard outcome.isCreated else { return }
      switch number % 3 {
      case 0: _ = try shop.decide("R\(number)", .reject, reason: "worn")
      case 1: _ = try shop.decide("R\(number)", .approve(amount: Fen(1)))
      default: _ = try shop.decide("R\(number)", .withdraw)
      }
    }
    #expect(try shop.unbalanced() == 0)
  }

  @Test func `the whole amount can be refunded, a fen more cannot`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    try shop.apply(payment, "R1", 1989)
    #expect(
      try shop.refunds.apply(shop.application(payment, "R2", 2), by: shop.act())
        == .refused(.exceeds(left: Fen(1)!)))
    try shop.apply(payment, "R2", 1)
    #expect(
      try shop.refunds.apply(shop.application(payment, "R3", 1), by: shop.act())
        == .refused(.exceeds(left: .zero)))
    #expect(try shop.held() == .init(1990, of: 0))
  }

  @Test(arguments: [1991, Fen.maximum])
  func `more than was paid is refused like what is too much`(amount: Int64) throws {
    let shop = try Shop()
    let payment = try shop.paid()
    try shop.apply(payment, "R1", 90)
    let before = try shop.everything()
    #expect(
      try shop.refunds.apply(shop.application(payment, "R2", amount), by: shop.act())
        == .refused(.exceeds(left: Fen(1900)!)))
    // A number that is taken is told first, as for every other amount.
    #expect(
      try shop.refunds.apply(shop.application(payment, "R1", amount), by: shop.act()) == .conflict)
    #expect(try shop.everything() == before)
  }

  @Test func `the fifty-first refund is refused until one is certain not to be sent`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    for number in 1...50 { try shop.apply(payment, "R\(number)", 1, parameters: "refund_fee=1") }
    let next = try shop.application(payment, "R51", 1, parameters: "refund_fee=1")
    #expect(try shop.refunds.apply(next, by: shop.act()) == .refused(.tooMany))
    #expect(try shop.count("refund") == 50)
    // A wish is none of the fifty; its approval would be.
    try shop.apply(payment, "R52", 1)
    #expect(throws: NotRefundable.tooMany) { try shop.decide("R52", .approve(amount: nil)) }
    _ = try shop.decide("R1", .withdraw, reason: "worn")
    #expect(try shop.refunds.apply(next, by: shop.act()).isCreated)
    #expect(try shop.held() == .init(51, of: 50))
    #expect(try shop.unbalanced() == 0)
  }

  @Test func `applications of a buyer do not use up what WeChat takes`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    for number in 1...50 { try shop.apply(payment, "R\(number)", 1) }
    try shop.apply(payment, "R51", 1, parameters: "refund_fee=1")
    #expect(try shop.held() == .init(51, of: 1))
  }

  @Test func `a refund that WeChat has closed still counts among the fifty`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let (refund, _) = try shop.send(payment, "R1", 1)
    for number in 2...50 { try shop.apply(payment, "R\(number)", 1, parameters: "refund_fee=1") }
    _ = try shop.refunds.record(
      shop.news(.closed, amount: 1), of: refund, by: shop.act("wechat-query"))
    #expect(try shop.held() == .init(49, of: 50))
    #expect(
      try shop.refunds.apply(
        shop.application(payment, "R51", 1, parameters: "refund_fee=1"), by: shop.act())
        == .refused(.tooMany))
    #expect(try shop.unbalanced() == 0)
  }

  @Test
  func `a buyer applies ten times at most, ended ones included, and after five a minute apart`()
    throws
  {
    let shop = try Shop()
    let payment = try shop.paid()
    func apply(_ number: Int) throws -> Refunds.Creation {
      let application = try shop.application(payment, "R\(number)", 1)
      let creation = try shop.refunds.apply(
        RefundApplication(
          payment: payment, number: application.number, amount: application.amount,
          kind: .unshipped, reason: application.reason, key: nil, approvedParameters: nil,
          isByBuyer: true), by: shop.act())
      if creation.isCreated { _ = try shop.decide("R\(number)", .withdraw) }
      return creation
    }
    for number in 1...5 { #expect(try apply(number).isCreated) }
    for number in 6...10 {
      #expect(try apply(number) == .refused(.tooFast))
      try shop.run("UPDATE payment SET applied_at = applied_at - 60000000")
      #expect(try apply(number).isCreated)
    }
    try shop.run("UPDATE payment SET applied_at = 0")
    #expect(try apply(11) == .refused(.tooManyApplications))
    #expect(try shop.count("refund") == 10)
    #expect(try shop.held() == .init(0, of: 0))
    // The merchant is not bound by it.
    try shop.apply(payment, "R12", 1, parameters: "refund_fee=1")
  }

  @Test func `of many applications of a buyer at once no more than five are taken`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let outcomes = try concurrently(16) { number in
      let application = try shop.application(payment, "R\(number)", 1)
      return try shop.refunds.apply(
        RefundApplication(
          payment: payment, number: application.number, amount: application.amount,
          kind: .unshipped, reason: application.reason, key: nil, approvedParameters: nil,
          isByBuyer: true), by: shop.act())
    }
    #expect(outcomes.count { $0.isCreated } == 5)
    #expect(outcomes.count { $0 == .refused(.tooFast) } == 11)
  }

  @Test func `a token refunds no more in a day than it may, and one alarm says so`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    @Sendable func refund(_ number: String, _ amount: Int64, by holder: String, day: Int64 = 0)
      throws
      -> Refunds.Creation
    {
      let application = try shop.application(payment, number, amount)
      return try shop.refunds.apply(
        RefundApplication(
          payment: payment, number: application.number, amount: application.amount,
          kind: .unshipped, reason: application.reason, key: nil,
          approvedParameters: "refund_fee=\(amount)",
          dayLimit: RefundDayLimit(holder: holder, amount: try #require(Fen(100)))),
        by: shop.act(at: 1_795_222_991_000_000 + day * 86_400_000_000))
    }
    // Two at once do not pass both.
    let outcomes = try concurrently(8) { try refund("R\($0)", 40, by: "anna") }
    #expect(outcomes.count { $0.isCreated } == 2)
    #expect(outcomes.count { $0 == .refused(.dayLimitReached) } == 6)
    #expect(try shop.held() == .init(80, of: 2))
    #expect(try shop.history().filter { $0.hasPrefix("refund_day_limit") }.count == 1)
    #expect(try shop.record()?.alarms == [.refundDayLimit])
    #expect(try refund("R20", 20, by: "anna").isCreated)
    #expect(try refund("R21", 1, by: "anna") == .refused(.dayLimitReached))
    // A repetition is no second refund.
    guard case .existed = try refund("R20", 20, by: "anna") else {
      Issue.record("taken for another one")
      return
    }
    #expect(try refund("R22", 100, by: "bert").isCreated)
    #expect(try refund("R23", 100, by: "anna", day: 1).isCreated)
    #expect(try shop.unbalanced() == 0)
  }

  @Test func `of an order with very many refunds the newest are shown`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    try shop.apply(payment, "R0", 1)
    try shop.run(
      """
      INSERT INTO refund (merchant, out_refund_no, order_no, out_trade_no, transaction_id,
        total_fee, applied_fee, refund_fee, kind, state, reason, applied_at)
      SELECT merchant, CONCAT('S', seq), order_no, out_trade_no, transaction_id, total_fee,
        applied_fee, refund_fee, kind, 'withdrawn', reason, applied_at + seq
      FROM refund, seq_1_to_150
      """)
    let refunds = try shop.refunds.find(
      shop.merchant, orders: [payment.order], until: shop.soon)
    #expect(refunds.map(\.number.text) == (51...150).map { "S\($0)" })
  }

  @Test func `a payment is refunded within a year`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let paidAt = try #require(payment.paidAt)
    func act(daysAfter days: Int64, seconds: Int64) -> Act {
      shop.act(at: paidAt.adding(seconds: days * 86_400 + seconds).microseconds)
    }
    let application = try shop.application(payment)
    #expect(
      try shop.refunds.apply(application, by: act(daysAfter: 365, seconds: 0)) == .refused(.tooOld))
    #expect(try shop.held() == .init(0, of: 0))
    #expect(
      try shop.refunds.apply(application, by: act(daysAfter: 365, seconds: -1)).isCreated)
  }

  @Test func `what is not paid, or not by this transaction, is not refunded`() throws {
    let shop = try Shop()
    let unpaid = try shop.unpaid("20261121-1")
    let paid = try shop.paid()
    let foreign = paid.with(order: paid.order, transaction: "4200001952202611210000000002")
    let elsewhere = paid.with(order: unpaid.order, transaction: "4200001952202611210000000001")
    let guessed = unpaid.with(order: unpaid.order, transaction: "4200001952202611210000000001")
    let before = try shop.everything()
    for payment in [unpaid, foreign, elsewhere, guessed] {
      #expect(
        try shop.refunds.apply(shop.application(payment), by: shop.act()) == .refused(.notPaid))
    }
    #expect(try shop.everything() == before)
  }

  @Test func `goods that come back are awaited before anything is sent`() throws {
    let shop = try Shop()
    try shop.apply(shop.paid(), kind: .returned)
    #expect(throws: RefundRefusal.notAgreed) { try shop.decide("R1", .receive) }
    guard case .decided(let agreed) = try shop.decide("R1", .approve(amount: Fen(400))) else {
      Issue.record("not decided")
      return
    }
    #expect(agreed.state == .awaitingGoods)
    #expect(agreed.parameters == nil)
    #expect(try shop.held() == .init(400, of: 0))
    #expect(try shop.duties.take([.refund], until: shop.soon) == nil)
    guard case .decided(let received) = try shop.decide("R1", .receive) else {
      Issue.record("not decided")
      return
    }
    #expect(received.state == .approved)
    #expect(received.parameters == "refund_fee=400")
    #expect(try shop.duties.take([.refund], until: shop.soon)?.subject == "R1")
    #expect(
      try shop.history(ofRefund: "R1") == [
        "applied:>applied", "agreed:applied>awaiting_goods", "received:awaiting_goods>approved",
      ])
    #expect(try shop.unbalanced() == 0)
  }

  @Test func `refunds are listed oldest first, page by page`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let start: Int64 = 1_795_222_991_000_000
    for (number, second) in [("R5", 0), ("R4", 2), ("R3", 1), ("R2", 1), ("R1", 3)] as [(_, Int64)]
    {
      _ = try shop.refunds.apply(
        shop.application(payment, number, 1), by: shop.act(at: start + second * 1_000_000))
    }
    _ = try shop.decide("R3", .reject, reason: "worn")
    func pages(_ state: RefundState?, of limit: Int) throws -> [[String]] {
      var pages: [[String]] = []
      var cursor: RefundCursor?
      repeat {
        let page = try shop.refunds.list(
          merchant: shop.merchant, state: state, after: cursor, limit: limit, until: shop.soon)
        pages.append(page.refunds.map(\.number.text))
        cursor = page.next
      } while cursor != nil
      return pages
    }
    #expect(try pages(nil, of: 2) == [["R5", "R2"], ["R3", "R4"], ["R1"]])
    #expect(try pages(nil, of: 5) == [["R5", "R2", "R3", "R4", "R1"]])
    #expect(try pages(.applied, of: 2) == [["R5", "R2"], ["R4", "R1"]])
    #expect(try pages(.rejected, of: 1) == [["R3"]])
    #expect(try pages(.succeeded, of: 1) == [[]])
    let other = try #require(MerchantName("other"))
    #expect(
      try shop.refunds.list(
        merchant: other, state: nil, after: nil, limit: 9, until: shop.soon
      ).refunds.isEmpty)
  }

  @Test func `refunds are found by their orders`() throws {
    let shop = try Shop()
    try shop.apply(shop.paid("20261121-1", transaction: "1"), "R1")
    try shop.apply(shop.paid("20261121-2", transaction: "2"), "R2")
    try shop.apply(shop.paid("20261121-3", transaction: "3"), "R3")
    func find(_ orders: [String]) throws -> [String] {
      try shop.refunds.find(
        shop.merchant, orders: orders.compactMap(OutTradeNo.init), until: shop.soon
      ).map(\.number.text)
    }
    #expect(try find(["20261121-3", "20261121-1", "20261121-9"]) == ["R1", "R3"])
    #expect(try find([]) == [])
  }
}

extension Refunds.Creation {
  fileprivate var isCreated: Bool { if case .created = self { true } else { false } }
}

extension PaymentAttempt {
  fileprivate func with(order: OutTradeNo, transaction: String) -> PaymentAttempt {
    PaymentAttempt(
      merchant: merchant, order: order, outTradeNo: outTradeNo, number: number, state: state,
      openID: openID, total: total, parameters: parameters, prepayID: prepayID,
      prepayExpiresAt: prepayExpiresAt, transactionID: TransactionID(transaction), paidAt: paidAt,
      closing: closing)
  }
}
