import MariaDB
import Payments
import Store
import TestSupport
import Testing

/// How far the shop has been told.
@Suite struct DeliveriesTests {
  private let shop: Shop

  /// An order that is paid, and of which a refund was applied for.
  init() throws {
    shop = try Shop()
    try shop.apply(try shop.notified(), "R1", 1000)
  }

  private func fail(_ pending: Deliveries.Pending, _ duty: Duty) throws -> DeliveryState {
    try shop.deliveries.recordFailed(pending, remark: "nobody there", duty, by: shop.act())
  }

  /// What an operator of a shop with a webhook and a relay sees.
  private func list(
    _ filter: DeliveryFilter = DeliveryFilter(states: [.pending, .dead]), limit: Int = 10
  ) throws -> DeliveryList {
    try shop.deliveries.list(
      shop.merchant, filter, of: [.webhook: Set(ShopEvent.allCases), .relay: [.paid]],
      limit: limit, until: shop.soon)
  }

  @Test func `what arrived without effect is told in list and history`() throws {
    let duty = try #require(try shop.duties.take([.delivery], until: shop.soon))
    let pending = try #require(try shop.next(duty))
    #expect(pending.isFirstTry)
    try shop.deliveries.recordArrived(
      pending, remark: "statement 1 of 1 changed no row", isRemarkable: true, by: shop.act())
    let delivered = try list(
      DeliveryFilter(order: pending.news.order, states: [.delivered])
    ).records
    #expect(delivered.map(\.remark) == ["statement 1 of 1 changed no row"])
    #expect(try shop.history().filter { $0.hasPrefix("delivered_without_effect") }.count == 1)
  }

  @Test func `what failed can be told now, once`() throws {
    let duty = try #require(try shop.duties.take([.delivery], until: shop.soon))
    let pending = try #require(try shop.next(duty))
    _ = try fail(pending, duty)
    let failed = try #require(try list().records.first { $0.attempts == 1 })
    #expect(failed.nextTry == failed.at.adding(seconds: 5))
    let filter = DeliveryFilter(states: [.pending])
    #expect(try shop.deliveries.resend(shop.merchant, filter) { shop.act() } == 1)
    #expect(try shop.deliveries.resend(shop.merchant, filter) { shop.act() } == 0)
  }

  private func lines(_ list: DeliveryList) -> [String] {
    list.records.map {
      "\($0.order) \($0.sequence) \($0.channel.rawValue) \($0.state.rawValue) \($0.attempts)"
    }
  }

  /// Lets three days pass since the first attempt.
  private func age() throws {
    try shop.database.withConnection(until: shop.soon) { connection in
      _ = try connection.execute("UPDATE delivery SET since = since - 259200000000")
    }
  }

  @Test func `the next event is told only when the one before has arrived`() throws {
    let duty = try shop.telling()
    for _ in 0..<3 {
      let pending = try #require(try shop.next(duty))
      #expect(pending.news.event == .paid)
      #expect(try fail(pending, duty) == .pending)
    }
    let pending = try #require(try shop.next(duty))
    #expect(pending.attempts == 3)
    try shop.deliveries.recordArrived(pending, by: shop.act())
    #expect(try shop.next(duty)?.news.event == .refundApplied)
  }

  @Test func `each channel is told by itself, and only of what it wants`() throws {
    let duty = try shop.telling()
    try shop.deliveries.recordArrived(try #require(try shop.next(duty)), by: shop.act())
    #expect(try shop.next(duty, on: .relay)?.news.event == .paid)
    #expect(try shop.next(duty, on: .relay, of: [.refundApplied])?.news.event == .refundApplied)
    #expect(try shop.next(duty, on: .relay, of: [.closed]) == nil)
  }

  @Test func `after three days an event is given up, told in the history, and the next one's turn`()
    throws
  {
    let duty = try shop.telling()
    let pending = try #require(try shop.next(duty))
    #expect(try fail(pending, duty) == .pending)
    try age()
    #expect(try fail(pending, duty) == .dead)
    #expect(try shop.next(duty)?.news.event == .refundApplied)
    #expect(try shop.history().last == "undelivered:>")
    let dead = try list(DeliveryFilter(states: [.dead])).records
    #expect(dead.map(\.event) == [.paid])
    #expect(dead.first?.attempts == 2)
    #expect(dead.first?.remark == "nobody there")
  }

  @Test func `what nobody came to try is listed, on each channel that is to be told`() throws {
    let order = "20261121-7"
    #expect(
      try lines(list()) == [
        "\(order) 1 relay pending 0", "\(order) 1 webhook pending 0",
        "\(order) 2 webhook pending 0",
      ])
    let duty = try shop.telling()
    _ = try fail(try #require(try shop.next(duty)), duty)
    try shop.deliveries.recordArrived(
      try #require(try shop.next(duty, on: .relay)), by: shop.act())
    #expect(
      try lines(list()) == ["\(order) 1 webhook pending 1", "\(order) 2 webhook pending 0"])
    #expect(
      try lines(list(DeliveryFilter(order: OutTradeNo(order), states: DeliveryState.allCases)))
        == [
          "\(order) 1 relay delivered 0", "\(order) 1 webhook pending 1",
          "\(order) 2 webhook pending 0",
        ])
    let onRelay = DeliveryFilter(channel: .relay, states: [.pending, .dead])
    #expect(try lines(list(onRelay)) == [])
    while let pending = try shop.next(duty) {
      try shop.deliveries.recordArrived(pending, by: shop.act())
    }
    try shop.duties.finish(duty, .done, until: shop.soon)
    #expect(try lines(list()) == [])
  }

  @Test func `a list that is cut says how much is left`() throws {
    for number in 1...4 {
      let order = shop.order("20261121-8\(number)")
      _ = try shop.orders.create(order, by: shop.act())
      _ = try shop.attempts.closeUnopened(order, by: shop.act())
    }
    let list = try list(limit: 3)
    #expect(list.records.count == 3)
    #expect(list.left == 4)
    let other = DeliveryFilter(order: OutTradeNo("20261121-82"), states: [.pending])
    #expect(try lines(self.list(other)) == ["20261121-82 1 webhook pending 0"])
  }

  @Test func `what was given up is told once more when a person says so`() throws {
    let duty = try shop.telling()
    let pending = try #require(try shop.next(duty))
    _ = try fail(pending, duty)
    try age()
    _ = try fail(pending, duty)
    try shop.deliveries.recordArrived(try #require(try shop.next(duty)), by: shop.act())
    try shop.duties.finish(duty, .done, until: shop.soon)
    #expect(try shop.duties.take([.delivery], until: shop.soon) == nil)

    let dead = DeliveryFilter(states: [.dead])
    #expect(try shop.deliveries.resend(shop.merchant, dead) { shop.act() } == 1)
    let again = try shop.telling()
    let first = try #require(try shop.next(again))
    #expect(first.news.event == .paid)
    #expect(first.attempts == 0)
    #expect(try fail(first, again) == .pending)
    try shop.deliveries.recordArrived(first, by: shop.act())
    #expect(try shop.next(again) == nil)
  }

  @Test func `a crowd is sent again in small parts, each with a deadline of its own`() throws {
    let duty = try shop.telling()
    let crowd = 450
    try shop.database.withConnection(until: shop.soon) { connection in
      for number in 1...crowd {
        let order = "20261120-\(number)"
        try connection.execute(
          "INSERT INTO event (merchant, order_no, seq, event, at) VALUES ('main', ?, 1, 'closed', 1)",
          [.text(order)])
        try connection.execute(
          "INSERT INTO delivery (merchant, order_no, seq, channel, state, attempts, since, at)"
            + " VALUES ('main', ?, 1, 'webhook', 'dead', 9, 1, 1)", [.text(order)])
      }
    }
    var acts = 0
    let count = try shop.deliveries.resend(shop.merchant, DeliveryFilter(states: [.dead])) {
      acts += 1
      return shop.act()
    }
    #expect(count == crowd)
    #expect(acts == 3)
    #expect(try shop.count("delivery WHERE state = 'pending' AND attempts = 0") == Int64(crowd))
    #expect(try shop.count("duty WHERE kind = 'delivery' AND done_at IS NULL") == Int64(crowd) + 1)
    // What was not given up is left alone.
    #expect(try shop.next(duty)?.attempts == 0)
    #expect(
      try shop.deliveries.resend(shop.merchant, DeliveryFilter(states: [.dead])) { shop.act() } == 0
    )
  }

  @Test func `an event that has arrived can be told once more`() throws {
    let duty = try shop.telling()
    try shop.deliveries.recordArrived(try #require(try shop.next(duty)), by: shop.act())
    try shop.deliveries.recordArrived(try #require(try shop.next(duty)), by: shop.act())
    try shop.duties.finish(duty, .done, until: shop.soon)
    let filter = DeliveryFilter(
      order: OutTradeNo("20261121-7"), sequence: 1, channel: .webhook)
    #expect(try shop.deliveries.resend(shop.merchant, filter) { shop.act() } == 1)
    #expect(try shop.next(try shop.telling())?.news.sequence == 1)
  }

  @Test func `what was tried in vain waits longer each time, whatever else comes up`() throws {
    let duty = try shop.telling()
    let now = shop.act().now
    #expect(try shop.next(duty)?.secondsLeft(at: now) == 0)
    for pause: Int64 in [5, 15, 60, 300, 900, 1800, 3600, 3600] {
      _ = try fail(try #require(try shop.next(duty)), duty)
      let pending = try #require(try shop.next(duty))
      #expect(pending.secondsLeft(at: now) == pause)
      #expect(pending.secondsLeft(at: now.adding(seconds: pause - 1)) == 1)
      #expect(pending.secondsLeft(at: now.adding(seconds: pause)) == 0)
    }
    // The other channel has a time of its own.
    #expect(try shop.next(duty, on: .relay)?.secondsLeft(at: now) == 0)
    // A clock that was set back keeps nobody waiting.
    #expect(try shop.next(duty)?.secondsLeft(at: now.adding(seconds: -1)) == 0)
    let filter = DeliveryFilter(order: OutTradeNo("20261121-7"), sequence: 1)
    _ = try shop.deliveries.resend(shop.merchant, filter) { shop.act() }
    #expect(try shop.next(duty)?.secondsLeft(at: now) == 0)
  }

  @Test func `whoever lost the lease learns nothing to tell, and counts no failure`() throws {
    let late = try shop.telling()
    let pending = try #require(try shop.next(late))
    try shop.database.withConnection(until: shop.soon) { connection in
      _ = try connection.execute("UPDATE duty SET lease_until = 0, due_at = 0")
    }
    let duty = try shop.telling()
    #expect(throws: LeaseLost.self) { try shop.next(late) }
    #expect(throws: LeaseLost.self) { try fail(pending, late) }
    #expect(try shop.next(duty)?.attempts == 0)
    // That it arrived is true all the same.
    try shop.deliveries.recordArrived(pending, by: shop.act())
    #expect(try shop.next(duty)?.news.sequence == 2)
  }

  @Test func `what happens while it is told makes the duty due again`() throws {
    let duty = try shop.telling()
    while let pending = try shop.next(duty) {
      try shop.deliveries.recordArrived(pending, by: shop.act())
    }
    _ = try shop.decide("R1", .reject, reason: "同意")
    try shop.duties.finish(duty, .done, until: shop.soon)
    #expect(try shop.next(try shop.telling())?.news.event == .refundRejected)
  }
}
