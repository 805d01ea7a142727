import Payments
import Store
import Testing

@Suite struct PaymentAttemptsTests {
  @Test func `an attempt is opened once`() throws {
    let shop = try Shop()
    let attempt = shop.attempt(shop.order())
    #expect(try shop.attempts.open(attempt, by: shop.act()) == .opened)
    #expect(try shop.attempts.open(attempt, by: shop.act()) == .existed)
  }

  @Test func `a new prepay_id replaces the old one`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    let prepayID = try #require(PrepayID("wx-second"))
    try shop.attempts.recordAccepted(
      attempt, prepayID: prepayID, expiresAt: BeijingTime(microseconds: 2), by: shop.act())
    #expect(try shop.record()?.attempt?.prepayID == prepayID)
    #expect(try shop.record()?.state == .unpaid)
  }

  @Test func `a late answer neither opens a paid attempt nor a closed one`() throws {
    let shop = try Shop()
    let paid = try shop.unpaid("20261121-1")
    _ = try shop.attempts.recordPaid(shop.proof(paid), by: shop.act())
    let closed = try shop.unpaid("20261121-2")
    try shop.attempts.recordClosed(closed, .wechat, by: shop.act())
    for (attempt, refusal) in [(paid, PaymentRefusal.orderPaid), (closed, .orderClosed)] {
      #expect(throws: refusal) {
        try shop.attempts.recordAccepted(
          attempt, prepayID: PrepayID("late")!, expiresAt: BeijingTime(microseconds: 2),
          by: shop.act())
      }
    }
    #expect(try shop.record("20261121-1")?.state == .paid)
    #expect(try shop.record("20261121-2")?.state == .closed)
  }

  @Test func `a paid attempt cannot be closed`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    _ = try shop.attempts.recordPaid(shop.proof(attempt), by: shop.act())
    #expect(throws: PaymentRefusal.orderPaid) {
      try shop.attempts.recordClosed(attempt, .merchant, by: shop.act())
    }
  }

  @Test func `the merchant's closing is final, WeChat's is not`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.attempts.recordClosed(attempt, .wechat, by: shop.act())
    #expect(try shop.record()?.attempt?.closing == .wechat)
    try shop.attempts.recordClosed(attempt, .merchant, by: shop.act())
    try shop.attempts.recordClosed(attempt, .wechat, by: shop.act())
    #expect(try shop.record()?.attempt?.closing == .merchant)
  }

  @Test func `an order that nobody asked to pay can be closed`() throws {
    let shop = try Shop()
    _ = try shop.orders.create(shop.order(), by: shop.act())
    #expect(try shop.attempts.closeUnopened(shop.order(), by: shop.act()) == .opened)
    #expect(try shop.record()?.state == .closed)
    #expect(try shop.attempts.open(shop.attempt(shop.order()), by: shop.act()) == .existed)
  }

  @Test func `a number that is another order's is left to it`() throws {
    let shop = try Shop()
    let (long, short) = (shop.order("20261121-7-2"), shop.order("20261121-7"))
    for order in [long, short] { _ = try shop.orders.create(order, by: shop.act()) }
    // Not even when that order has no attempt yet: its first one is to have its own number.
    #expect(try shop.attempts.open(shop.attempt(short, number: 2), by: shop.act()) == .taken)
    #expect(try shop.attempts.open(shop.attempt(long), by: shop.act()) == .opened)
    #expect(try shop.attempts.open(shop.attempt(short, number: 2), by: shop.act()) == .taken)
    #expect(try shop.attempts.open(shop.attempt(short, number: 3), by: shop.act()) == .opened)
    #expect(try shop.attempts.open(shop.attempt(short, number: 3), by: shop.act()) == .existed)
    #expect(try shop.record("20261121-7")?.attempt?.outTradeNo.text == "20261121-7-3")
  }

  @Test func `an order is closed although another's attempt has its number`() throws {
    let shop = try Shop()
    let early = shop.order("20261121-7")
    #expect(try shop.attempts.open(shop.attempt(early, number: 2), by: shop.act()) == .opened)
    let late = shop.order("20261121-7-2")
    _ = try shop.orders.create(late, by: shop.act())
    #expect(try shop.attempts.open(shop.attempt(late), by: shop.act()) == .taken)
    #expect(try shop.attempts.closeUnopened(late, by: shop.act()) == .opened)
    #expect(try shop.record("20261121-7-2")?.state == .closed)
    #expect(try shop.attempts.open(shop.attempt(late, number: 2), by: shop.act()) == .existed)
  }

  @Test func `the merchant's closing stands in the way of an attempt decided on before`() throws {
    let shop = try Shop()
    let first = try shop.unpaid()
    try shop.attempts.recordClosed(first, .wechat, by: shop.act())
    // A buyer has read this and is about to open the second attempt.
    #expect(try shop.attempts.closeUnopened(shop.order(), after: first, by: shop.act()) == .opened)
    #expect(
      try shop.attempts.open(shop.attempt(shop.order(), number: 2), by: shop.act()) == .existed)
    let record = try shop.record()
    #expect(record?.state == .closed)
    #expect(record?.attempt?.closing == .merchant)
    #expect(record?.attempt?.openID == first.openID)
  }

  @Test func `the merchant's closing gives way to an attempt that was opened before`() throws {
    let shop = try Shop()
    let first = try shop.unpaid()
    try shop.attempts.recordClosed(first, .wechat, by: shop.act())
    _ = try shop.attempts.open(shop.attempt(shop.order(), number: 2), by: shop.act())
    #expect(try shop.attempts.closeUnopened(shop.order(), after: first, by: shop.act()) == .existed)
    #expect(try shop.record()?.state == .created)
  }

  @Test func `an attempt that WeChat has accepted meanwhile is not one it never heard of`() throws {
    let shop = try Shop()
    let accepted = try shop.unpaid("20261121-1")
    #expect(try !shop.attempts.recordNeverPlaced(accepted, .merchant, by: shop.act()))
    #expect(try shop.record("20261121-1")?.state == .unpaid)
    let lost = shop.attempt(shop.order("20261121-2"))
    _ = try shop.orders.create(shop.order("20261121-2"), by: shop.act())
    _ = try shop.attempts.open(lost, by: shop.act())
    #expect(try shop.attempts.recordNeverPlaced(lost, .replaced, by: shop.act()))
    #expect(try shop.record("20261121-2")?.attempt?.closing == .replaced)
    #expect(try shop.history("20261121-2").last == "closed:created>closed")
    // The answer that comes after all hands out no prepay_id.
    #expect(throws: PaymentRefusal.orderClosed) {
      try shop.attempts.recordAccepted(
        lost, prepayID: PrepayID("late")!, expiresAt: BeijingTime(microseconds: 2), by: shop.act())
    }
  }

  @Test func `a clock that was set back does not keep WeChat from being asked`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    let (late, early) = (shop.act(at: 1_795_222_991_000_000), shop.act(at: 1_795_136_591_000_000))
    #expect(try shop.attempts.takeTurnToQuery(attempt, everySeconds: 2, by: late))
    #expect(try shop.attempts.takeTurnToQuery(attempt, everySeconds: 2, by: early))
    #expect(try !shop.attempts.takeTurnToQuery(attempt, everySeconds: 2, by: early))
  }

  @Test func `of many who want to ask WeChat one is let through`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    func turn(at seconds: Int64) throws -> Bool {
      try shop.attempts.takeTurnToQuery(
        attempt, everySeconds: 2, by: shop.act(at: 1_795_222_991_000_000 + seconds * 1_000_000))
    }
    #expect(try turn(at: 0))
    #expect(try !turn(at: 1))
    #expect(try turn(at: 2))
  }
}
