import Payments
import Store
import Testing

@Suite struct OrderSearchTests {
  @Test func `an order is found by each of its numbers`() throws {
    let shop = try Shop()
    let first = try shop.unpaid()
    try shop.attempts.recordClosed(first, .replaced, by: shop.act())
    let second = shop.attempt(shop.order(), number: 2)
    _ = try shop.attempts.open(second, by: shop.act())
    _ = try shop.attempts.recordPaid(shop.proof(second, transaction: "4200"), by: shop.act())
    let paid = try #require(try shop.record()?.attempt)
    let refund = try shop.apply(paid, "R-1", 500, parameters: "refund_fee=500")
    _ = try shop.turn(refund, shop.take("R-1"))
    _ = try shop.refunds.record(
      shop.news(.accepted, refundID: "5030"), of: shop.refund("R-1"), by: shop.act())
    let search = OrderSearch(shop.database)
    for number in ["20261121-7", "20261121-7-2", "4200", "R-1", "5030"] {
      #expect(
        try search.order(shop.merchant, named: number, until: shop.soon)?.text == "20261121-7",
        "\(number)")
    }
    for number in ["", "20261121-8", "r-1", "42", "' OR 1 = 1", "\u{202E}"] {
      #expect(try search.order(shop.merchant, named: number, until: shop.soon) == nil)
    }
  }

  @Test func `orders are listed by their open alarms`() throws {
    let shop = try Shop()
    _ = try shop.paid("20261121-1", transaction: "1")
    _ = try shop.attempts.recordPaid(
      shop.proof(try shop.unpaid("20261121-2"), total: 1), by: shop.act("wechat-query"))
    func list(_ alarm: Alarm) throws -> [String] {
      try shop.orders.list(
        merchant: shop.merchant, state: nil, alarm: alarm, from: nil, to: nil, after: nil,
        limit: 10, until: shop.soon
      ).orders.map(\.order.number.text)
    }
    #expect(try list(.amountMismatch) == ["20261121-2"])
    #expect(try list(.latePayment) == [])
    let alarms = Alarms(shop.database)
    let id = try #require(
      try alarms.list(shop.merchant, limit: 1, until: shop.soon).alarms.first?.id)
    _ = try alarms.resolve(shop.merchant, id, note: #require(Note("seen")), by: shop.act())
    #expect(try list(.amountMismatch) == [])
  }
}
