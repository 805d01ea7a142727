import Server
import Testing

@testable import Simulator

/// `POST /secapi/pay/refund`.
@Suite struct RefundTests {
  private let bench: Bench

  init() throws { bench = try Bench.paid() }

  private func held() throws -> Int64 {
    try bench.refunds().filter { $0["refund_status"] != "REFUNDCLOSE" }
      .reduce(0) { $0 + ($1["refund_fee"]?.integer ?? 0) }
  }

  @Test(arguments: [SignType.md5, .hmacSHA256])
  func `an accepted refund is answered with WeChat's number, and no state`(
    signType: SignType
  ) throws {
    let reply = try bench.send(bench.refund(), signType)
    #expect(reply.isSuccess)
    for (name, value) in [
      ("out_trade_no", "ORDER-1"), ("out_refund_no", "R-1"), ("refund_fee", "100"),
      ("total_fee", "1990"), ("cash_fee", "1990"), ("cash_refund_fee", "100"),
      ("settlement_refund_fee", "100"), ("fee_type", "CNY"),
    ] {
      #expect(reply.message[name] == value)
    }
    #expect(reply.message["transaction_id"]?.hasPrefix("4200") == true)
    #expect(reply.message["refund_id"]?.utf8.count == 29)
    #expect(reply.message["refund_status"] == nil)
    #expect(try bench.state() == "REFUND")
  }

  @Test func `a refund by transaction_id needs no out_trade_no, and the transaction wins`() throws {
    let transactionID = try bench.control("GET", "orders")["orders"]?.array?.first?[
      "transaction_id"]?.string
    let alone = bench.refund().with("out_trade_no", nil).with("transaction_id", transactionID)
    try bench.accept(alone)
    let both = bench.refund("R-2").with("out_trade_no", "ORDER-2")
      .with("transaction_id", transactionID)
    #expect(try bench.send(both).message["out_trade_no"] == "ORDER-1")
  }

  @Test(arguments: ["out_refund_no", "total_fee", "refund_fee", "nonce_str", "sign"])
  func `a field that is missing is named`(name: String) throws {
    var message = bench.refund()
    message.sign(.md5, key: bench.settings.apiKey)
    let body = Array(message.with(name, nil).document.utf8)
    let answer = try XMLReader.read(bench.send("refund", body: body, route: "secapi").body)
    #expect(answer["return_code"] == "FAIL" && answer["return_msg"] == "缺少参数\(name)")
    #expect(try bench.refunds().isEmpty)
  }

  @Test func `one of the order's numbers is needed`() throws {
    let reply = try bench.send(bench.refund().with("out_trade_no", nil))
    #expect(reply.returnMessage == "缺少参数out_trade_no")
  }

  @Test(
    arguments: [
      ("out_refund_no", "订单1"), ("out_refund_no", "a b"), ("out_refund_no", "a.b"),
      ("refund_fee", "0"), ("refund_fee", "-1"), ("refund_fee", "1.0"), ("refund_fee", "01"),
      ("refund_fee", "+1"), ("refund_fee", " 1"), ("total_fee", "0"), ("total_fee", "19.90"),
      ("refund_fee_type", "USD"), ("refund_account", "SAVINGS"), ("refund_desc", "a\nb"),
      ("notify_url", "http://127.0.0.1/"), ("notify_url", "https://127.0.0.1/?a=1"),
      ("out_trade_no", "ORDER"),
    ])
  func `a value that makes no sense is refused`(name: String, value: String) throws {
    #expect(try bench.send(bench.refund().with(name, value)).errorCode == "PARAM_ERROR")
    #expect(try bench.refunds().isEmpty)
  }

  @Test(
    arguments: [
      ("out_refund_no", 64), ("refund_desc", 80), ("refund_account", 30), ("notify_url", 256),
      ("transaction_id", 32), ("refund_fee_type", 8),
    ])
  func `a value that is too long is refused`(name: String, maximum: Int) throws {
    let value = String(repeating: "x", count: maximum + 1)
    let reply = try bench.send(bench.refund().with(name, value))
    #expect(reply.returnMessage == "\(name)参数长度有误")
  }

  @Test func `a number of 64 characters of every kind is taken`() throws {
    try bench.accept(bench.refund("aZ09_-|*@" + String(repeating: "x", count: 55)))
    try bench.accept(
      bench.refund("1").with("refund_desc", "尺码不合").with("refund_fee_type", "CNY")
        .with("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"))
  }

  @Test func `a wrong signature moves nothing`() throws {
    let reply = try bench.call(
      "refund", bench.refund(), key: "0000000000000000", route: "secapi")
    #expect(reply.returnMessage == "签名错误")
    #expect(try bench.refunds().isEmpty)
  }

  @Test func `refunds are served on their own path only`() throws {
    #expect(bench.send("refund", body: []).status == 404)
    #expect(bench.send("refundquery", body: [], route: "secapi").status == 404)
  }

  @Test func `unknown and unpaid orders are refused`() throws {
    let unknown = bench.refund().with("out_trade_no", "ORDER-9")
    #expect(try bench.send(unknown).errorCode == "ORDERNOTEXIST")
    let wrong = bench.refund().with("transaction_id", "4200000000000000000000000000")
    #expect(try bench.send(wrong).errorCode == "INVALID_TRANSACTIONID")
    try bench.call("unifiedorder", try bench.order().with("out_trade_no", "ORDER-2"))
    let unpaid = bench.refund().with("out_trade_no", "ORDER-2")
    #expect(try bench.send(unpaid).errorCode == "ORDERNOTEXIST")
    #expect(try bench.refunds().isEmpty)
  }

  @Test(arguments: ["1989", "1991", "100"])
  func `total_fee is the order's`(totalFee: String) throws {
    #expect(try bench.send(bench.refund().with("total_fee", totalFee)).errorCode == "ERROR")
    #expect(try bench.refunds().isEmpty)
  }

  @Test func `refunds never exceed the payment`() throws {
    #expect(try bench.send(bench.refund("R-1", fee: 1991)).errorCode == "ERROR")
    try bench.accept(bench.refund("R-1", fee: 1000))
    #expect(try bench.send(bench.refund("R-2", fee: 991)).errorCode == "ERROR")
    try bench.accept(bench.refund("R-2", fee: 990))
    #expect(try bench.send(bench.refund("R-3", fee: 1)).errorCode == "ERROR")
    #expect(try held() == 1990)
  }

  @Test func `an order can be refunded for a year`() throws {
    bench.clock.pass(seconds: 365 * 86_400)
    try bench.accept(bench.refund("R-1"))
    bench.clock.pass(seconds: 1)
    #expect(try bench.send(bench.refund("R-2")).errorCode == "TRADE_OVERDUE")
    #expect(try bench.send(bench.refund("R-1")).isSuccess)
  }

  @Test func `an order is refunded at most fifty times`() throws {
    for number in 1...50 { try bench.accept(bench.refund("R-\(number)", fee: 1)) }
    #expect(try bench.send(bench.refund("R-51", fee: 1)).errorCode == "ERROR")
    #expect(try bench.send(bench.refund("R-50", fee: 1)).isSuccess)
    #expect(try held() == 50)
  }

  @Test func `two refunds of one order need a minute between them, a repeat none`() throws {
    let bench = try Bench.paid(spacingSeconds: 60)
    try bench.accept(bench.refund("R-1"))
    bench.clock.pass(seconds: 59)
    #expect(try bench.send(bench.refund("R-1")).isSuccess)
    #expect(try bench.send(bench.refund("R-2")).errorCode == "FREQUENCY_LIMITED")
    try bench.payOrder(try bench.order().with("out_trade_no", "ORDER-2"))
    try bench.accept(bench.refund("R-3").with("out_trade_no", "ORDER-2"))
    bench.clock.pass(seconds: 1)
    try bench.accept(bench.refund("R-2"))
  }

  @Test func `a minute is the rule unless told otherwise`() throws {
    let bench = try Bench()
    try bench.payOrder(try bench.order())
    try bench.accept(bench.refund("R-1"))
    bench.clock.pass(seconds: 59)
    #expect(try bench.send(bench.refund("R-2")).errorCode == "FREQUENCY_LIMITED")
  }

  @Test func `the merchant's balance limits refunds`() throws {
    try bench.control("POST", "balance", ["fen": 150])
    try bench.accept(bench.refund("R-1", fee: 100))
    #expect(try bench.send(bench.refund("R-2", fee: 51)).errorCode == "NOTENOUGH")
    #expect(try bench.control("GET", "balance")["fen"] == 50)
    try bench.control("POST", "balance", ["fen": 51])
    try bench.accept(bench.refund("R-2", fee: 51))
    #expect(try bench.control("GET", "balance")["fen"] == 0)
    try bench.control("POST", "balance", ["fen": nil])
    try bench.accept(bench.refund("R-3", fee: 1000))
    #expect(try bench.control("GET", "balance")["fen"] == .null)
  }

  @Test func `a closed refund gives the balance back`() throws {
    try bench.control("POST", "balance", ["fen": 100])
    try bench.control("POST", "refund-outcome", ["outcome": "close", "out_refund_no": "R-1"])
    try bench.accept(bench.refund("R-1"))
    #expect(try bench.control("GET", "balance")["fen"] == 100)
    try bench.accept(bench.refund("R-2"))
    #expect(try bench.control("GET", "balance")["fen"] == 0)
  }

  @Test func `coupons give back their share, those that cost nothing are not settled`() throws {
    let bench = try Bench.paid([
      "coupons": [["fee": 199, "id": "1"], ["fee": 398, "id": "2", "type": "NO_CASH"]]
    ])
    let answer = try bench.send(bench.refund(fee: 995)).message
    for (name, value) in [
      ("cash_fee", "1393"), ("settlement_total_fee", "1592"), ("coupon_refund_fee", "298"),
      ("coupon_refund_count", "2"), ("coupon_refund_fee_0", "99"), ("coupon_refund_fee_1", "199"),
      ("coupon_type_1", "NO_CASH"), ("cash_refund_fee", "697"), ("settlement_refund_fee", "796"),
    ] {
      #expect(answer[name] == value)
    }
    #expect(answer["coupon_type_0"] == nil)
    let found = try bench.refundQuery(Field("out_refund_no", "R-1")).message
    #expect(found["coupon_refund_fee_0"] == "298" && found["coupon_refund_fee_0_1"] == "199")
  }
}
