import MariaDB
import Payments
import Store
import TestSupport
import Testing

@Suite struct RefundSendingTests {
  @Test func `a send is counted before it leaves`() throws {
    let shop = try Shop()
    let (first, duty) = try shop.send(shop.paid())
    #expect(first.state == .sending)
    #expect(first.sends == 1)
    #expect(first.isUnanswered)
    #expect(first.parameters == "refund_fee=500")
    #expect(try shop.refund() == first)
    let second = try shop.turn(first, duty)
    #expect(second.sends == 2)
    #expect(second.parameters == first.parameters)
    #expect(
      try shop.history(ofRefund: "R1").suffix(2) == [
        "sent:approved>sending", "sent:sending>sending",
      ])
    #expect(try shop.held() == .init(500, of: 1))
  }

  @Test func `who has not seen the latest send counts none`() throws {
    let shop = try Shop()
    try shop.apply(shop.paid(), parameters: "refund_fee=500")
    let (seen, duty) = (try shop.refund(), try shop.take("R1"))
    let outcomes = try concurrently(8) { _ in
      do { return try shop.turn(seen, duty).sends } catch is RefundChanged { return 0 }
    }
    #expect(outcomes.sorted() == [0, 0, 0, 0, 0, 0, 0, 1])
    #expect(try shop.refund().sends == 1)
  }

  @Test func `another refund of the payment waits for more than a minute`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let (first, duty) = try shop.send(payment)
    let second = try shop.apply(payment, "R2", 100, parameters: "refund_fee=100")
    let secondDuty = try shop.take("R2")
    func isTooSoon() throws -> Bool {
      let before = try shop.everything()
      guard case .tooSoon = try shop.refunds.takeTurnToSend(second, secondDuty, by: shop.act())
      else { return false }
      #expect(try shop.everything() == before)
      return true
    }
    #expect(try isTooSoon())
    try shop.passTime(seconds: 60)
    #expect(try isTooSoon())
    // The same refund does not wait, and begins the minute anew.
    try shop.passTime(seconds: 15)
    _ = try shop.turn(first, duty)
    #expect(try isTooSoon())
    try shop.passTime(seconds: Refunds.spacingSeconds)
    #expect(try shop.turn(second, secondDuty).sends == 1)
    guard case .tooSoon = try shop.refunds.takeTurnToSend(shop.refund(), duty, by: shop.act())
    else {
      Issue.record("the first refund was sent into the minute of the second")
      return
    }
  }

  @Test func `a refund of another payment does not wait`() throws {
    let shop = try Shop()
    _ = try shop.send(shop.paid())
    let other = try shop.paid("20261121-8", transaction: "2")
    #expect(try shop.send(other, "R2").refund.sends == 1)
  }

  @Test func `of two refunds of a payment that are to be sent at once one is sent`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let work = try ["R1", "R2", "R3", "R4"].map { number in
      (try shop.apply(payment, number, 10, parameters: "refund_fee=10"), try shop.take(number))
    }
    let isSent = try concurrently(work.count) { number in
      let (refund, duty) = work[number]
      switch try shop.refunds.takeTurnToSend(refund, duty, by: shop.act()) {
      case .send: return true
      case .tooSoon, .overlap: return false
      }
    }
    #expect(isSent.count { $0 } == 1)
    #expect(try shop.count("refund WHERE sends = 1 AND state = 'sending'") == 1)
    #expect(try shop.count("refund WHERE sends = 0 AND state = 'approved'") == 3)
  }

  @Test func `nothing is sent while more is reserved than was paid`() throws {
    let shop = try Shop()
    let (refund, duty) = try shop.send(shop.paid())
    try shop.run("UPDATE payment SET reserved_fee = total_fee + 1")
    let before = try shop.everything()
    guard case .overlap = try shop.refunds.takeTurnToSend(refund, duty, by: shop.act()) else {
      Issue.record("sent")
      return
    }
    #expect(try shop.everything() == before)
    try shop.run("UPDATE payment SET reserved_fee = total_fee")
    #expect(try shop.turn(refund, duty).sends == 2)
  }

  @Test func `what is not decided is not sent`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    _ = try shop.send(payment)
    let duty = try shop.duty(of: "R2")
    let applied = try shop.apply(payment, "R2", 100)
    let before = try shop.everything()
    #expect(throws: RefundRefusal.notApproved) {
      try shop.refunds.takeTurnToSend(applied, duty, by: shop.act())
    }
    #expect(try shop.everything() == before)
  }

  @Test func `a refund is either withdrawn or sent`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    for round in 1...30 {
      let number = "R\(round)"
      try shop.run("UPDATE payment SET refund_sent_at = 0")
      let refund = try shop.apply(payment, number, 10, parameters: "refund_fee=10")
      let duty = try shop.take(number)
      let isDone = try concurrently(2) { side in
        do {
          if side == 0 {
            _ = try shop.turn(refund, duty)
          } else {
            _ = try shop.decide(number, .withdraw)
          }
          return true
        } catch RefundRefusal.isSent {
          return false
        } catch is RefundChanged {
          return false
        }
      }
      let end = try shop.refund(number)
      #expect(isDone == [end.state == .sending, end.state == .withdrawn], "round \(round)")
      #expect(end.sends == (end.state == .sending ? 1 : 0))
    }
    #expect(try shop.unbalanced() == 0)
  }

  @Test func `whatever happens to refunds of a payment at once, the sum is right`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let work = try (0..<8).map { number in
      (
        try shop.apply(payment, "R\(number)", 200, parameters: "refund_fee=200"),
        try shop.take("R\(number)")
      )
    }
    // Each of them is thrown by who was late; an error of the database would be a test's failure.
    @Sendable func unlessLate(_ step: () throws -> Void) throws {
      do { try step() } catch is RefundChanged {} catch is RefundRefusal {} catch is LeaseLost {}
    }
    try concurrently(32) { number in
      let (refund, duty) = work[number % 8]
      switch number / 8 {
      case 0:
        try unlessLate {
          _ = try shop.refunds.takeTurnToSend(refund, duty, by: shop.act())
          let event: RefundEvent = number.isMultiple(of: 2) ? .closed : .succeeded
          _ = try shop.refunds.record(
            shop.news(event, amount: 200), of: refund, by: shop.act())
        }
      case 1: try unlessLate { _ = try shop.decide(refund.number.text, .withdraw) }
      case 2:
        try unlessLate {
          try shop.refunds.note(
            .notAccepted, waiting: .spacing, remark: "later", of: refund, duty, by: shop.act())
        }
      default:
        try shop.plan(refund.number.text)
        _ = try shop.refunds.apply(
          shop.application(payment, "X\(number)", 90), by: shop.act())
      }
    }
    #expect(try shop.unbalanced() == 0)
  }

  @Test func `a lease that is over counts no send, also when no other has been taken`() throws {
    let shop = try Shop()
    let refund = try shop.apply(shop.paid(), "R1", 200, parameters: "refund_fee=200")
    let duty = try shop.take("R1")
    try shop.endLeases()
    #expect(throws: LeaseLost.self) {
      try shop.refunds.takeTurnToSend(refund, duty, by: shop.act())
    }
  }

  @Test func `who has lost the lease changes nothing at all`() throws {
    let shop = try Shop()
    let (refund, duty) = try shop.send(shop.paid())
    try shop.endLeases()
    let heir = try shop.take("R1")
    let before = try shop.everything()
    #expect(throws: LeaseLost.self) {
      try shop.refunds.takeTurnToSend(refund, duty, by: shop.act())
    }
    #expect(throws: LeaseLost.self) {
      try shop.refunds.note(
        .notAccepted, waiting: .funds, remark: "NOTENOUGH", of: refund, duty, by: shop.act())
    }
    #expect(throws: LeaseLost.self) {
      try shop.refunds.recordRefused(refund, duty, remark: "TRADE_OVERDUE", by: shop.act())
    }
    #expect(try shop.everything() == before)
    #expect(try shop.refund().sends == 1)
    // What WeChat has said is true whoever heard it.
    let late = try shop.refunds.record(shop.news(.accepted), of: refund, by: shop.act())
    #expect(late.state == .processing)
    #expect(late.refundID?.text == "50000001")
    // The heir has not seen that yet.
    #expect(throws: RefundChanged.self) {
      try shop.refunds.recordRefused(refund, heir, remark: "late", by: shop.act())
    }
    #expect(try shop.refund() == late)
  }

  @Test func `a lease that was given back is not held`() throws {
    let shop = try Shop()
    let (refund, duty) = try shop.send(shop.paid())
    try shop.duties.finish(duty, .again(afterSeconds: 60, isFresh: false), until: shop.soon)
    let before = try shop.everything()
    #expect(throws: LeaseLost.self) {
      try shop.refunds.takeTurnToSend(refund, duty, by: shop.act())
    }
    #expect(try shop.everything() == before)
  }

  @Test func `a refusal frees the amount once`() throws {
    let shop = try Shop()
    let (refund, duty) = try shop.send(shop.paid())
    let refused = try shop.refunds.recordRefused(
      refund, duty, remark: "TRADE_OVERDUE", by: shop.act("duty"))
    #expect(refused.state == .refused)
    #expect(!refused.isUnanswered)
    #expect(refused.remark == "TRADE_OVERDUE")
    #expect(try shop.held() == .init(0, of: 0))
    _ = try shop.refunds.recordRefused(refused, duty, remark: "again", by: shop.act("duty"))
    #expect(throws: RefundChanged.self) {
      try shop.refunds.recordRefused(refund, duty, remark: "again", by: shop.act("duty"))
    }
    #expect(try shop.held() == .init(0, of: 0))
    #expect(try shop.history(ofRefund: "R1").filter { $0 == "refused:sending>refused" }.count == 1)
  }

  @Test func `the same trouble again is one line of the history`() throws {
    let shop = try Shop()
    var (refund, duty) = try shop.send(shop.paid())
    for (wait, remark) in [
      (RefundWait.weChat, "SYSTEMERROR"), (.weChat, "SYSTEMERROR"), (.funds, "NOTENOUGH"),
      (.weChat, "SYSTEMERROR"),
    ] {
      try shop.refunds.note(
        .unanswered, waiting: wait, remark: remark, of: refund, duty, by: shop.act("duty"))
      refund = try shop.refund()
      #expect(refund.wait == wait)
      #expect(refund.remark == remark)
      #expect(refund.isUnanswered)
    }
    #expect(try shop.history(ofRefund: "R1").filter { $0 == "waiting:>" }.count == 2)
  }

  @Test func `what was certainly not taken may be sent with other parameters`() throws {
    let shop = try Shop()
    let (refund, duty) = try shop.send(shop.paid())
    try shop.refunds.note(
      .notAccepted, waiting: .funds, remark: "NOTENOUGH", of: refund, duty,
      parameters: "refund_account=REFUND_SOURCE_RECHARGE_FUNDS", by: shop.act("duty"))
    let noted = try shop.refund()
    #expect(!noted.isUnanswered)
    #expect(noted.wait == .funds)
    let again = try shop.turn(noted, duty)
    #expect(again.parameters == "refund_account=REFUND_SOURCE_RECHARGE_FUNDS")
    #expect(again.wait == nil)
    #expect(again.remark == nil)
  }

  @Test(arguments: [
    String(repeating: "余", count: 600), String(repeating: "👨‍👩‍👧", count: 250),
    "e" + String(repeating: "\u{301}", count: 3000),
  ])
  func `words of any length are noted`(words: String) throws {
    let shop = try Shop()
    let (refund, duty) = try shop.send(shop.paid())
    try shop.refunds.note(
      .unanswered, waiting: .weChat, remark: words, of: refund, duty, by: shop.act("duty"))
    let noted = try shop.refund()
    #expect(noted.remark?.unicodeScalars.count == 255)
    let refused = try shop.refunds.recordRefused(
      noted, duty, remark: words, by: shop.act("duty"))
    #expect(refused.remark == noted.remark)
  }
}
