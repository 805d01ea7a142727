import MariaDB
import Payments
import Store
import TestSupport
import Testing

/// What is known of an attempt that brought no prepay_id.
@Suite struct PlacingTests {
  private func opened(_ shop: Shop, _ number: String = "20261121-7") throws -> PaymentAttempt {
    _ = try shop.orders.create(shop.order(number), by: shop.act())
    let attempt = shop.attempt(shop.order(number))
    _ = try shop.attempts.open(attempt, by: shop.act())
    return attempt
  }

  private func failure(
    didNotHappen: Bool, isPace: Bool = false, isAnswered: Bool = true,
    _ detail: String = "PARAM_ERROR"
  ) -> PaymentAttempts.Failure {
    PaymentAttempts.Failure(
      didNotHappen: didNotHappen, isPace: isPace, isAnswered: isAnswered,
      refusal: PlacingRefusal(text: "WECHAT_REFUSED: no.", until: BeijingTime(microseconds: 7)),
      detail: detail)
  }

  private func now(_ shop: Shop) throws -> PaymentAttempt {
    try #require(try shop.record()?.attempt)
  }

  @Test func `an attempt that WeChat refused gives way to one with fresh parameters`() throws {
    let shop = try Shop()
    let attempt = try opened(shop)
    #expect(try !now(shop).isUnplaced)
    #expect(try !shop.attempts.recordNeverPlaced(attempt, .unplaced, by: shop.act()))
    try shop.attempts.recordFailure(failure(didNotHappen: true), of: attempt, by: shop.act())
    #expect(try now(shop).isUnplaced)
    #expect(try now(shop).refusal?.text == "WECHAT_REFUSED: no.")
    #expect(try shop.attempts.recordNeverPlaced(attempt, .unplaced, by: shop.act()))
    #expect(try now(shop).closing == .unplaced)
    #expect(try shop.history().last == "closed:created>closed")
    // The buyer can still pay the order: the shop hears nothing.
    #expect(try shop.events() == [])
  }

  @Test func `no attempt gives way while the answer to a send may be on its way`() throws {
    let shop = try Shop()
    let attempt = try opened(shop)
    // The buyer has pressed pay twice: the second send is refused, nothing is heard of the first.
    #expect(try shop.attempts.recordSending(attempt, by: shop.act()))
    try shop.attempts.recordFailure(failure(didNotHappen: true), of: attempt, by: shop.act())
    #expect(try !now(shop).isUnplaced)
    #expect(try !shop.attempts.recordNeverPlaced(attempt, .unplaced, by: shop.act()))
    // Nor when WeChat does not know it yet.
    let soon = shop.act().now.adding(seconds: 10)
    try shop.attempts.recordUnknownToWeChat(attempt, askedAt: soon, by: shop.act())
    #expect(try !now(shop).isUnplaced)
    let later = shop.act().now.adding(seconds: 40)
    try shop.attempts.recordUnknownToWeChat(attempt, askedAt: later, by: shop.act())
    #expect(try now(shop).isUnplaced)
  }

  @Test func `what WeChat refused only for its haste is sent again as it is`() throws {
    let shop = try Shop()
    let attempt = try opened(shop)
    try shop.attempts.recordFailure(
      failure(didNotHappen: true, isPace: true), of: attempt, by: shop.act())
    #expect(try !now(shop).isUnplaced)
  }

  @Test func `an attempt with a prepay_id is never given up as unplaced`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.attempts.recordFailure(failure(didNotHappen: true), of: attempt, by: shop.act())
    try shop.attempts.recordUnknownToWeChat(
      attempt, askedAt: shop.act().now.adding(seconds: 99), by: shop.act())
    #expect(try !now(shop).isUnplaced)
    #expect(try !shop.attempts.recordNeverPlaced(attempt, .unplaced, by: shop.act()))
    #expect(try now(shop).refusal != nil)
    try shop.attempts.recordAccepted(
      attempt, prepayID: #require(PrepayID("wx20161121")),
      expiresAt: BeijingTime(microseconds: 9), by: shop.act())
    #expect(try now(shop).refusal == nil)
  }

  @Test func `nothing is sent of an attempt that is paid or closed`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    #expect(try shop.attempts.recordSending(attempt, by: shop.act()))
    try shop.attempts.recordClosed(attempt, .wechat, by: shop.act())
    #expect(try !shop.attempts.recordSending(attempt, by: shop.act()))
  }

  @Test func `the same trouble is told once`() throws {
    let shop = try Shop()
    let attempt = try opened(shop)
    for detail in ["PARAM_ERROR", "PARAM_ERROR", "NOTENOUGH", "PARAM_ERROR"] {
      try shop.attempts.recordFailure(
        failure(didNotHappen: true, detail), of: attempt, by: shop.act())
    }
    #expect(try shop.history().filter { $0 == "refused:>" }.count == 2)
  }

  @Test func `an attempt under another mch_id is left when nobody can pay it any more`() throws {
    let shop = try Shop()
    let lost = try opened(shop, "20261121-1")
    #expect(try !shop.attempts.recordOutOfReach(lost, by: shop.act()))
    let late = shop.act(at: 1_795_222_991_000_000 + 40_000_000)
    #expect(try shop.attempts.recordOutOfReach(lost, by: late))
    #expect(try shop.record("20261121-1")?.attempt?.closing == .unplaced)
    // One that WeChat answered, if without a signature, is not under way any more.
    let answered = try opened(shop, "20261121-2")
    try shop.attempts.recordFailure(
      failure(didNotHappen: false), of: answered, by: shop.act())
    #expect(try shop.attempts.recordOutOfReach(answered, by: shop.act()))
    // A cashier stays open for two hours.
    let open = try opened(shop, "20261121-3")
    try shop.attempts.recordAccepted(
      open, prepayID: #require(PrepayID("wx1")), expiresAt: shop.act().now.adding(seconds: 7200),
      by: shop.act())
    #expect(try !shop.attempts.recordOutOfReach(open, by: late))
    #expect(
      try shop.attempts.recordOutOfReach(
        open, by: shop.act(at: 1_795_222_991_000_000 + 7_201_000_000)))
    // Whether its buyer has paid, nobody can ask.
    #expect(try shop.record("20261121-3")?.alarms == [.placedElsewhere])
    #expect(try shop.record("20261121-1")?.alarms == [])
  }

  @Test func `the same prepay_id once more is not told`() throws {
    let shop = try Shop()
    let attempt = try opened(shop)
    _ = try concurrently(4) { index in
      try shop.attempts.recordAccepted(
        attempt, prepayID: PrepayID("wx1")!, expiresAt: BeijingTime(microseconds: Int64(index)),
        by: shop.act())
    }
    #expect(try shop.history().filter { $0.hasPrefix("accepted") } == ["accepted:created>unpaid"])
    try shop.attempts.recordAccepted(
      attempt, prepayID: PrepayID("wx2")!, expiresAt: BeijingTime(microseconds: 9), by: shop.act())
    #expect(try shop.history().last == "accepted:unpaid>unpaid")
    #expect(try now(shop).prepayID?.text == "wx2")
  }

  @Test func `the merchant closes an order once, however many do it at once`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.attempts.recordClosed(attempt, .wechat, by: shop.act())
    _ = try concurrently(4) { _ in
      try shop.attempts.recordClosed(attempt, .merchant, by: shop.act())
    }
    #expect(try shop.history().filter { $0 == "closed:closed>closed" }.count == 1)
    #expect(try shop.events() == ["1 closed"])
  }

  @Test func `an order without an attempt is asked about every two seconds`() throws {
    let shop = try Shop()
    let order = shop.order()
    func turn(at seconds: Int64) throws -> Bool {
      try shop.attempts.takeTurnToQuery(
        order, everySeconds: 2, by: shop.act(at: 1_795_222_991_000_000 + seconds * 1_000_000))
    }
    #expect(try turn(at: 0))
    #expect(try !turn(at: 1))
    #expect(try turn(at: 2))
    // A clock that was set back.
    #expect(try turn(at: -100))
  }

  @Test func `a row is written with the moment at which it is written`() throws {
    let shop = try Shop()
    let act = Act(actor: "buyer", requestID: nil, deadline: .now + .seconds(20))
    _ = try shop.orders.create(shop.order(), by: shop.act(at: act.now.microseconds))
    let attempt = shop.attempt(shop.order())
    // Another request writes in the meantime.
    let other = Act(actor: "other", requestID: nil, deadline: .now + .seconds(20))
    _ = try shop.attempts.open(attempt, by: other)
    try shop.attempts.note(attempt, "refused", "no", by: act)
    let times = try shop.journal.timeline(
      merchant: shop.merchant, order: attempt.order, until: .now + .seconds(20)
    ).map(\.at.microseconds)
    #expect(times.count == 3 && times == times.sorted())
  }

  @Test func `the refunds of a payment are looked for before the shop is told to ship`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    let outcome = try shop.attempts.recordPaid(
      shop.proof(attempt), isRefunded: true, by: shop.act("wechat-query"))
    #expect(outcome.isApplied)
    #expect(try shop.record()?.alarms == [.refundedElsewhere])
    #expect(try shop.duties.take([.delivery], until: .now + .seconds(20)) == nil)
    let duty = try #require(try shop.duties.take([.platformRefunds], until: .now + .seconds(20)))
    #expect(duty.subject == attempt.outTradeNo.text)
    let paid = try #require(
      try shop.attempts.find(shop.merchant, attempt.outTradeNo, until: .now + .seconds(20)))
    let found = try shop.refunds.recordElsewhere(
      shop.news(
        .succeeded, amount: 1990, refundID: "50000000000000000000000000001",
        at: BeijingTime(microseconds: 1_795_223_000_000_000)),
      number: #require(OutRefundNo("50000000000000000000000000001")), of: paid,
      by: shop.act("wechat-query"))
    #expect(found)
    #expect(try shop.duties.take([.delivery], until: .now + .seconds(20)) != nil)
    #expect(try shop.events() == ["1 paid", "2 refund_succeeded"])
    #expect(try shop.count("event WHERE seq = 1 AND alarms = 'refunded_elsewhere'") == 1)
  }

  @Test func `what was refunded before a payment was known is told with the payment`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    _ = try shop.attempts.recordPaid(
      shop.proof(attempt), isRefunded: true, by: shop.act("wechat-query"))
    let paid = try #require(
      try shop.attempts.find(shop.merchant, attempt.outTradeNo, until: shop.soon))
    let before = shop.act().now.adding(seconds: -3600)
    let now = "CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED) AS moment"
    for (number, amount, isLast) in [("1", Int64(500), false), ("2", 300, true)] {
      let begun = try shop.query("SELECT \(now)")[0].integer("moment")
      _ = try shop.refunds.recordElsewhere(
        shop.news(.succeeded, amount: amount, refundID: "5000\(number)", at: before),
        number: #require(OutRefundNo("platform-\(number)")), of: paid, isLast: isLast,
        by: shop.act("wechat-query"))
      // Not half of what WeChat has named.
      let duty = try shop.query("SELECT due_at, \(now) FROM duty WHERE kind = 'delivery'")[0]
      let due = try duty.integer("due_at")
      #expect(try isLast ? due <= duty.integer("moment") : due >= begun + 5_000_000)
    }
    // One that was made after the payment was known is not this event's.
    _ = try shop.refunds.recordElsewhere(
      shop.news(.succeeded, amount: 90, refundID: "50003", at: before.adding(seconds: 7200)),
      number: #require(OutRefundNo("platform-3")), of: paid,
      by: shop.act("wechat-query", at: 1_795_222_991_000_000 + 3_600_000_000))
    let duty = try shop.telling()
    var told: [Int64] = []
    while let pending = try shop.next(duty) {
      told.append(pending.news.refunded.amount)
      try shop.deliveries.recordArrived(pending, by: shop.act("duty"))
    }
    #expect(told == [800, 800, 800, 890])
  }

  @Test func `refunds of a payment that was known are no alarm`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    _ = try shop.attempts.recordPaid(shop.proof(attempt), by: shop.act("wechat-query"))
    let outcome = try shop.attempts.recordPaid(
      shop.proof(attempt), isRefunded: true, by: shop.act("wechat-query"))
    #expect(outcome == .duplicate)
    #expect(try shop.record()?.alarms == [])
    #expect(try shop.duties.take([.platformRefunds], until: .now + .seconds(20)) != nil)
  }
}

extension PaidOutcome {
  fileprivate var isApplied: Bool {
    if case .applied = self { true } else { false }
  }
}
