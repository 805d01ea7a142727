import Server
import Testing

@testable import Simulator

@Suite struct OrderQueryTests {
  private let bench: Bench
  private let order: Message

  init() throws {
    bench = try Bench()
    order = try bench.order()
  }

  private func query(_ fields: Field...) throws -> PaymentReply {
    var message = bench.question()
    for field in fields { message.append(field) }
    return try bench.call("orderquery", message)
  }

  @Test func `an unpaid order tells its state and no amounts`() throws {
    try bench.call("unifiedorder", order)
    let answer = try query(Field("out_trade_no", "ORDER-1")).message
    #expect(answer["trade_state"] == "NOTPAY")
    #expect(answer["trade_state_desc"] == "订单未支付")
    #expect(answer["attach"] == "a=1&b=<2> 中 ")
    for name in ["total_fee", "cash_fee", "transaction_id", "openid", "time_end"] {
      #expect(answer[name] == nil)
    }
  }

  @Test func `a paid order tells everything`() throws {
    let transactionID = try bench.payOrder(order)
    let answer = try query(Field("out_trade_no", "ORDER-1")).message
    for (name, value) in [
      ("trade_state", "SUCCESS"), ("total_fee", "1990"), ("cash_fee", "1990"),
      ("fee_type", "CNY"), ("transaction_id", transactionID), ("out_trade_no", "ORDER-1"),
      ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"), ("time_end", "20261121090000"),
      ("trade_type", "JSAPI"), ("bank_type", "OTHERS"), ("attach", "a=1&b=<2> 中 "),
    ] {
      #expect(answer[name] == value)
    }
    #expect(transactionID.utf8.count == 28)
    #expect(answer["coupon_fee"] == nil)
  }

  @Test func `the transaction's number wins over the merchant's`() throws {
    let transactionID = try bench.payOrder(order)
    try bench.call("unifiedorder", order.with("out_trade_no", "ORDER-2"))
    let answer = try query(
      Field("transaction_id", transactionID), Field("out_trade_no", "ORDER-2"))
    #expect(answer.message["out_trade_no"] == "ORDER-1")
    let unknown = try query(
      Field("transaction_id", "4200000000000000000000000000"), Field("out_trade_no", "ORDER-1"))
    #expect(unknown.errorCode == "ORDERNOTEXIST")
  }

  @Test func `an unknown number is ORDERNOTEXIST, no number at all a lack`() throws {
    #expect(try query(Field("out_trade_no", "ORDER-9")).errorCode == "ORDERNOTEXIST")
    #expect(try query().returnMessage == "缺少参数out_trade_no")
  }

  @Test func `numbers differ by case`() throws {
    try bench.call("unifiedorder", order)
    #expect(try query(Field("out_trade_no", "order-1")).errorCode == "ORDERNOTEXIST")
  }

  @Test(arguments: TradeState.allCases)
  func `every trade state can be shown`(state: TradeState) throws {
    if state.isPaid { try bench.payOrder(order) } else { try bench.call("unifiedorder", order) }
    try bench.control(
      "POST", "trade-state",
      ["out_trade_no": "ORDER-1", "trade_state": .string(state.rawValue)])
    let answer = try query(Field("out_trade_no", "ORDER-1")).message
    #expect(answer["trade_state"] == state.rawValue)
    #expect((answer["total_fee"] != nil) == state.isPaid)
  }

  @Test func `a state neither makes nor undoes a payment`() throws {
    try bench.call("unifiedorder", order)
    let change: (String) -> JSON = {
      ["out_trade_no": "ORDER-1", "trade_state": .string($0)]
    }
    #expect(try bench.tryControl("POST", "trade-state", change("SUCCESS")).status == 409)
    try bench.payOrder(order)
    #expect(try bench.tryControl("POST", "trade-state", change("NOTPAY")).status == 409)
    #expect(try bench.tryControl("POST", "close", ["out_trade_no": "ORDER-1"]).status == 409)
    #expect(try bench.state() == "SUCCESS")
  }

  @Test func `coupons are told one by one`() throws {
    let coupons: JSON = [
      "coupons": [
        ["fee": 100, "type": "CASH", "id": "11"], ["fee": 58, "id": "12"],
        ["fee": 30, "type": "NO_CASH", "id": "13"],
      ]
    ]
    try bench.payOrder(order, coupons)
    let answer = try query(Field("out_trade_no", "ORDER-1")).message
    for (name, value) in [
      ("total_fee", "1990"), ("cash_fee", "1802"), ("coupon_fee", "188"),
      ("settlement_total_fee", "1960"), ("coupon_count", "3"), ("coupon_id_0", "11"),
      ("coupon_fee_0", "100"), ("coupon_type_0", "CASH"), ("coupon_fee_1", "58"),
      ("coupon_type_2", "NO_CASH"),
    ] {
      #expect(answer[name] == value)
    }
    #expect(answer["coupon_type_1"] == nil)
  }
}
