import Server
import Testing

@testable import Simulator

@Suite struct PayTests {
  private let bench: Bench
  private let order: Message

  init() throws {
    bench = try Bench()
    order = try bench.order()
  }

  private func prepare(_ signType: SignType = .md5) throws -> String {
    try #require(try bench.call("unifiedorder", order, signType).message["prepay_id"])
  }

  /// What a gateway that does everything right hands to `wx.requestPayment`.
  private func values(_ prepayID: String, _ signType: SignType = .md5) -> [String: String] {
    let signed = Message([
      Field("appId", bench.settings.appID), Field("timeStamp", "1795222800"),
      Field("nonceStr", "e61463f8efa94090b1f366cccfbbb444"),
      Field("package", "prepay_id=\(prepayID)"), Field("signType", signType.rawValue),
    ])
    var values = Dictionary(uniqueKeysWithValues: signed.fields.map { ($0.name, $0.value) })
    values["paySign"] = signed.signature(signType, key: bench.settings.apiKey)
    return values
  }

  private func pay(
    _ values: [String: String], _ details: JSON = [:]
  ) throws -> (status: Int, answer: JSON) {
    let members = values.map { JSON.Member(name: $0.key, value: .string($0.value)) }
    let wish = (["request_payment": .object(members)] as JSON).followed(by: details)
    return try bench.tryControl("POST", "pay", wish)
  }

  @Test(arguments: [SignType.md5, .hmacSHA256])
  func `the client pays with values that are signed right`(signType: SignType) throws {
    let (status, answer) = try pay(try values(prepare(signType), signType))
    #expect(status == 200)
    #expect(answer["transaction_id"]?.string?.hasPrefix("4200") == true)
    #expect(try bench.state() == "SUCCESS")
  }

  @Test func `the client knows its own appId`() throws {
    var values = values(try prepare())
    values["appId"] = nil
    #expect(try pay(values).status == 200)
  }

  @Test(
    arguments: [
      ("appId", "wx0000000000000000"), ("timeStamp", "1795222800000"), ("timeStamp", "1795222801"),
      ("nonceStr", ""), ("nonceStr", "other"), ("package", "wx2026"), ("package", "prepay_id="),
      ("signType", "HMAC-SHA256"), ("signType", "md5"),
      ("paySign", "00000000000000000000000000000000"),
    ])
  func `the client refuses any other value`(name: String, value: String) throws {
    var values = values(try prepare())
    values[name] = value
    #expect(try (400...409).contains(pay(values).status))
    #expect(try bench.state() == "NOTPAY")
  }

  @Test(arguments: ["timeStamp", "nonceStr", "package", "signType", "paySign"])
  func `the client refuses when a value is missing or misspelt`(name: String) throws {
    var values = values(try prepare())
    values[name.lowercased() + "_"] = values.removeValue(forKey: name)
    #expect(try pay(values).status == 400)
  }

  @Test func `a timeStamp that is a number does not even start`() throws {
    let prepayID = try prepare()
    let values = values(prepayID)
    let members = values.map { name, value in
      JSON.Member(name: name, value: name == "timeStamp" ? .number(value) : .string(value))
    }
    let answer = try bench.tryControl("POST", "pay", ["request_payment": .object(members)])
    #expect(answer.status == 400)
  }

  @Test func `a signature with lower-case digits is refused`() throws {
    var values = values(try prepare())
    values["paySign"] = values["paySign"]?.lowercased()
    #expect(try pay(values).status == 409)
  }

  @Test func `values of another order do not pay this one`() throws {
    let values = values(try prepare())
    let other = try bench.call("unifiedorder", order.with("out_trade_no", "ORDER-2"))
    let refused = try pay(values, ["prepay_id": JSON(other.message["prepay_id"])])
    #expect(refused.status == 409)
    #expect(try bench.state() == "NOTPAY")
    #expect(try bench.state("ORDER-2") == "NOTPAY")
  }

  @Test func `an order is paid once`() throws {
    let prepayID = try prepare()
    try bench.control("POST", "pay", ["prepay_id": .string(prepayID)])
    let again = try bench.tryControl("POST", "pay", ["prepay_id": .string(prepayID)])
    #expect(again.status == 409 && again.answer["code"] == "ORDERPAID")
  }

  @Test func `only the buyer of the order can pay it`() throws {
    let prepayID = try prepare()
    let stranger: JSON = ["prepay_id": .string(prepayID), "openid": "oSomebodyElse"]
    #expect(try bench.tryControl("POST", "pay", stranger).status == 409)
    let buyer: JSON = ["prepay_id": .string(prepayID), "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"]
    #expect(try bench.tryControl("POST", "pay", buyer).status == 200)
  }

  @Test func `an expired prepay session cannot be paid, its successor can`() throws {
    let old = try prepare()
    bench.clock.pass(seconds: 7200)
    let new = try prepare()
    let refused = try bench.tryControl("POST", "pay", ["prepay_id": .string(old)])
    #expect(refused.answer["code"] == "PREPAY_EXPIRED")
    try bench.control("POST", "pay", ["prepay_id": .string(new)])
  }

  @Test func `a closed order is paid only by a cashier that was open before`() throws {
    let prepayID = try prepare()
    try bench.control("POST", "close", ["out_trade_no": "ORDER-1"])
    let refused = try bench.tryControl("POST", "pay", ["prepay_id": .string(prepayID)])
    #expect(refused.answer["code"] == "ORDERCLOSED")
    try bench.control("POST", "pay", ["prepay_id": .string(prepayID), "late": true])
    #expect(try bench.state() == "SUCCESS")
  }

  @Test func `coupons cannot exceed the amount`() throws {
    let prepayID = try prepare()
    let wish: JSON = ["prepay_id": .string(prepayID), "coupon_fee": 1991]
    #expect(try bench.tryControl("POST", "pay", wish).status == 409)
    #expect(try bench.state() == "NOTPAY")
  }

  @Test func `a buyer who cancels leaves the order as it was`() throws {
    let prepayID = try prepare()
    let answer = try bench.control("POST", "cancel", ["prepay_id": .string(prepayID)])
    #expect(answer["errMsg"] == "requestPayment:fail cancel")
    #expect(try bench.state() == "NOTPAY")
  }

  @Test(arguments: ["pay", "cancel", "prepay-expire"])
  func `an unknown prepay session is not found`(name: String) throws {
    #expect(try bench.tryControl("POST", name, ["prepay_id": "wx1"]).status == 404)
    #expect(try bench.tryControl("POST", name, [:]).status == 400)
  }
}
