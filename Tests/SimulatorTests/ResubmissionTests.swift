import Server
import Testing

@testable import Simulator

/// The same number once more (重入).
@Suite struct ResubmissionTests {
  private let bench: Bench
  private let order: Message
  private let prepayID: String?

  init() throws {
    bench = try Bench()
    order = try bench.order().with("time_expire", "20261122090000")
    prepayID = try bench.call("unifiedorder", order).message["prepay_id"]
  }

  @Test func `the same order gives the same prepay session while it lives`() throws {
    bench.clock.pass(seconds: 7199)
    let again = try bench.call("unifiedorder", order.with("nonce_str", "another"))
    #expect(again.message["prepay_id"] == prepayID)
    let listed = try bench.control("GET", "order?out_trade_no=ORDER-1")
    #expect(listed["transmissions"]?.integer == 2)
  }

  @Test func `the same order gives a new prepay session after two hours`() throws {
    bench.clock.pass(seconds: 7200)
    let again = try bench.call("unifiedorder", order)
    #expect(again.isSuccess)
    #expect(again.message["prepay_id"] != prepayID)
  }

  @Test func `the same order gives a new prepay session once the old one was ended`() throws {
    try bench.control("POST", "prepay-expire", ["prepay_id": JSON(prepayID)])
    #expect(try bench.call("unifiedorder", order).message["prepay_id"] != prepayID)
  }

  @Test func `a prepay session ends sooner when time runs faster`() throws {
    let fast = try Bench(speed: 7200)
    let order = try fast.order()
    let first = try fast.call("unifiedorder", order).message["prepay_id"]
    fast.clock.pass(seconds: 1)
    #expect(try fast.call("unifiedorder", order).message["prepay_id"] != first)
  }

  @Test(
    arguments: [
      ("total_fee", "1991"), ("body", "天天-零食 "), ("attach", nil), ("attach", "x"),
      ("notify_url", "https://127.0.0.1:8443/other"), ("spbill_create_ip", "203.0.113.8"),
      ("time_expire", "20261122090001"), ("time_expire", nil), ("goods_tag", "new"),
    ])
  func `a changed order is refused and changes nothing`(name: String, value: String?) throws {
    let reply = try bench.call("unifiedorder", order.with(name, value))
    #expect(reply.errorCode == "INVALID_REQUEST")
    #expect(reply.message["err_code_des"] == "201 商户订单号重复")
    #expect(try bench.call("unifiedorder", order).message["prepay_id"] == prepayID)
    let listed = try bench.control("GET", "order?out_trade_no=ORDER-1")
    #expect(listed["total_fee"]?.integer == 1990)
    #expect(listed["transmissions"]?.integer == 3)
  }

  @Test func `another buyer cannot take over the number`() throws {
    try bench.control("POST", "login", ["openid": "oAnotherBuyer"])
    let reply = try bench.call("unifiedorder", order.with("openid", "oAnotherBuyer"))
    #expect(reply.errorCode == "INVALID_REQUEST")
  }

  @Test func `spellings that only look alike are different orders`() throws {
    let composed = try bench.order().with("out_trade_no", "ORDER-2").with("body", "caf\u{E9}")
    #expect(try bench.call("unifiedorder", composed).isSuccess)
    let decomposed = composed.with("body", "cafe\u{301}")
    #expect(try bench.call("unifiedorder", decomposed).errorCode == "INVALID_REQUEST")
  }

  @Test func `a paid number is ORDERPAID, changed or not`() throws {
    try bench.control("POST", "pay", ["prepay_id": JSON(prepayID)])
    for message in [order, order.with("total_fee", "1")] {
      #expect(try bench.call("unifiedorder", message).errorCode == "ORDERPAID")
    }
  }

  @Test func `a closed number is ORDERCLOSED for ever`() throws {
    try bench.call("closeorder", bench.question(Field("out_trade_no", "ORDER-1")))
    #expect(try bench.call("unifiedorder", order).errorCode == "ORDERCLOSED")
  }

  @Test func `a number whose time is over is ORDERCLOSED`() throws {
    bench.clock.pass(seconds: 86_400)
    #expect(try bench.call("unifiedorder", order).errorCode == "ORDERCLOSED")
  }

  @Test func `a number is closed after seven days by default`() throws {
    let plain = try bench.order().with("out_trade_no", "ORDER-2")
    try bench.call("unifiedorder", plain)
    bench.clock.pass(seconds: 7 * 86_400 - 1)
    #expect(try bench.state("ORDER-2") == "NOTPAY")
    bench.clock.pass(seconds: 1)
    #expect(try bench.state("ORDER-2") == "CLOSED")
  }
}
