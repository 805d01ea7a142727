import MariaDB
import Payments
import Store
import Testing

@Suite struct OrdersTests {
  @Test func `a text of other bytes is another content, however alike it looks`() throws {
    let shop = try Shop()
    func order(_ body: String, _ detail: String) throws -> Order {
      Order(
        merchant: shop.merchant, number: try #require(OutTradeNo("20261121-7")), openID: nil,
        total: try #require(Fen(1990)), body: body, attach: nil,
        detail: detail, expiresAt: nil)
    }
    let (one, other) = ("caf\u{E9}", "cafe\u{301}")
    #expect(try shop.orders.create(try order(one, one), by: shop.act()) == .created)
    #expect(try shop.orders.create(try order(one, one), by: shop.act()) == .existed)
    #expect(try shop.orders.create(try order(other, one), by: shop.act()) == .conflict)
    #expect(try shop.orders.create(try order(one, other), by: shop.act()) == .conflict)
  }

  @Test func `an order is created once, however often it is sent`() throws {
    let shop = try Shop()
    #expect(try shop.orders.create(shop.order(), by: shop.act()) == .created)
    #expect(try shop.orders.create(shop.order(), by: shop.act()) == .existed)
    #expect(try shop.record()?.order == shop.order())
    #expect(try shop.record()?.state == .created)
    #expect(try shop.history() == ["created:>created"])
  }

  @Test func `an order of other content does not replace the first`() throws {
    let shop = try Shop()
    _ = try shop.orders.create(shop.order(), by: shop.act())
    #expect(try shop.orders.create(shop.order(total: 1), by: shop.act()) == .conflict)
    #expect(try shop.record()?.order.total.amount == 1990)
  }

  @Test func `order numbers that differ in case are two orders`() throws {
    let shop = try Shop()
    for number in ["ABCDEF", "abcdef"] {
      #expect(try shop.orders.create(shop.order(number), by: shop.act()) == .created)
    }
    #expect(try shop.record("AbCdEf") == nil)
  }

  @Test func `a page continues where the one before ended`() throws {
    let shop = try Shop()
    let numbers = (1...7).map { "20261121-\($0)" }
    for (index, number) in numbers.enumerated() {
      // Pairs of the same moment: the number decides.
      _ = try shop.orders.create(shop.order(number), by: shop.act(at: Int64(index / 2)))
    }
    var seen: [String] = []
    var cursor: OrderCursor?
    repeat {
      let page = try shop.orders.list(
        merchant: shop.merchant, state: nil, from: nil, to: nil, after: cursor, limit: 3,
        until: .now + .seconds(20))
      seen += page.orders.map(\.order.number.text)
      cursor = page.next
    } while cursor != nil
    #expect(seen == numbers.reversed())
  }

  @Test func `a list can be narrowed to a state and a span of time`() throws {
    let shop = try Shop()
    _ = try shop.unpaid("20261121-1")
    _ = try shop.orders.create(shop.order("20261121-2"), by: shop.act(at: 5))
    func list(_ state: PaymentState?, _ from: Int64?, _ to: Int64?) throws -> [String] {
      try shop.orders.list(
        merchant: shop.merchant, state: state, from: from.map(BeijingTime.init(microseconds:)),
        to: to.map(BeijingTime.init(microseconds:)), after: nil, limit: 10,
        until: .now + .seconds(20)
      ).orders.map(\.order.number.text)
    }
    #expect(try list(.unpaid, nil, nil) == ["20261121-1"])
    #expect(try list(.created, nil, nil) == ["20261121-2"])
    #expect(try list(nil, 5, 6) == ["20261121-2"])
    #expect(try list(nil, nil, 5) == [])
  }

  @Test func `a view of the shop's own table serves as well as ours`() throws {
    let shop = try Shop()
    try shop.database.withConnection(until: .now + .seconds(20)) { connection in
      try connection.run("DROP TABLE shop_order")
      try connection.run(
        "CREATE TABLE legacy (sn VARCHAR(32) PRIMARY KEY, money DECIMAL(10,2), openid VARCHAR(64))")
      try connection.run(
        "INSERT INTO legacy VALUES ('20261121-7', 19.90, 'oLegacy'), ('20261121-8', 0, 'x')")
      try connection.run(
        """
        CREATE VIEW shop_order AS SELECT 'main' AS merchant, sn AS order_no, openid,
          CAST(money * 100 AS INTEGER) AS total_fee, '商城-订单' AS body, NULL AS attach,
          NULL AS detail, NULL AS expires_at, 0 AS created_at FROM legacy
        """)
    }
    #expect(try shop.record()?.order.total.amount == 1990)
    #expect(try shop.orders.create(shop.order("20261121-9"), by: shop.act()) == .readOnly)
    let page = try shop.orders.list(
      merchant: shop.merchant, state: nil, from: nil, to: nil, after: nil, limit: 10,
      until: .now + .seconds(20))
    #expect(page.orders.map(\.order.number.text) == ["20261121-7"])
    #expect(page.unusable.map(\.order) == ["20261121-8"])
    // A leftover of 0 yuan is named, not paid.
    #expect(throws: UnusableRow.self) { try shop.record("20261121-8") }
  }

  @Test func `an order of another buyer cannot be found to be paid, one of nobody can`() throws {
    let shop = try Shop()
    let stranger = try #require(OpenID("oStranger"))
    func found(_ number: String, _ payer: OpenID) throws -> OrderRecord? {
      try shop.orders.find(
        merchant: shop.merchant, number: try #require(OutTradeNo(number)), toBePaidBy: payer,
        until: .now + .seconds(20))
    }
    #expect(try found("UNKNOWN-1", stranger) == nil)
    let attempt = try shop.unpaid("NAMED-1")
    #expect(try found("NAMED-1", stranger) == nil)
    #expect(try found("NAMED-1", shop.buyer)?.attempt?.outTradeNo == attempt.outTradeNo)

    // Of nobody by name: the first attempt decides, whoever asks.
    _ = try shop.unpaid("FREE-01")
    try shop.run("UPDATE shop_order SET openid = NULL WHERE order_no = 'FREE-01'")
    let record = try #require(try found("FREE-01", stranger))
    #expect(record.attempt?.openID == shop.buyer)
    let decision = try record.decidePay(payer: stranger, now: BeijingTime(microseconds: 1))
    #expect(decision == .refuse(.orderNotFound))

    // The shop has given the order to another: what was begun stays the first buyer's.
    try shop.run("UPDATE shop_order SET openid = 'oStranger' WHERE order_no = 'NAMED-1'")
    let own = try #require(try found("NAMED-1", shop.buyer))
    #expect(try own.decidePay(payer: shop.buyer, now: BeijingTime(microseconds: 1)) == decision)
    #expect(try found("NAMED-1", stranger)?.attempt?.openID == shop.buyer)
  }
}
