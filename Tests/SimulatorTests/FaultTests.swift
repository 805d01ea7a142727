import Server
import Testing

@testable import Simulator

@Suite struct FaultTests {
  private let bench: Bench
  private let order: Message

  init() throws {
    bench = try Bench()
    order = try bench.order()
  }

  private func add(_ endpoint: String, _ fault: String, _ details: JSON = [:]) throws {
    let wish: JSON = ["endpoint": .string(endpoint), "fault": .string(fault)]
    try bench.control("POST", "fault", wish.followed(by: details))
  }

  /// The raw answer to a rightly signed order.
  private func sendOrder() -> Response {
    var message = order
    message.sign(.md5, key: bench.settings.apiKey)
    return bench.send("unifiedorder", body: Array(message.document.utf8))
  }

  private func read(_ response: Response) throws -> Message { try XMLReader.read(response.body) }

  private func orderExists() throws -> Bool { try bench.state() != nil }

  @Test(
    arguments: [
      ("drop_before", 599, false), ("drop_after", 599, true), ("html_502", 502, false),
      ("html_502_after", 502, true), ("html_200", 200, true), ("empty", 200, true),
    ])
  func `an answer is lost before or after WeChat acted`(
    fault: String, status: Int, hasActed: Bool
  ) throws {
    try add("unifiedorder", fault)
    let response = sendOrder()
    #expect(response.status == status)
    #expect(!response.text.contains("<xml>"))
    #expect(try orderExists() == hasActed)
    #expect(try read(sendOrder())["prepay_id"] != nil)
  }

  @Test(arguments: [("systemerror_before", false), ("systemerror_after", true)])
  func `SYSTEMERROR says nothing about what was done`(fault: String, hasActed: Bool) throws {
    try add("unifiedorder", fault)
    #expect(try bench.call("unifiedorder", order).errorCode == "SYSTEMERROR")
    #expect(try orderExists() == hasActed)
  }

  @Test func `any refusal can be had`() throws {
    try add("unifiedorder", "refuse", ["code": "OUT_TRADE_NO_USED"])
    #expect(try bench.call("unifiedorder", order).errorCode == "OUT_TRADE_NO_USED")
    #expect(try !orderExists())
  }

  @Test func `a wrong signature is wrong, and the rest is as ever`() throws {
    try add("unifiedorder", "wrong_signature")
    let message = try read(sendOrder())
    #expect(message["sign"]?.utf8.count == 32)
    #expect(!message.isSigned(.md5, key: bench.settings.apiKey))
    #expect(message["prepay_id"] != nil)
  }

  @Test func `a signature can be missing`() throws {
    try add("unifiedorder", "missing_signature")
    let message = try read(sendOrder())
    #expect(message["sign"] == nil && message["prepay_id"] != nil)
  }

  @Test(
    arguments: [
      ("wrong_appid", "appid", "wx0000000000000000"), ("wrong_mch_id", "mch_id", "1000000000"),
      ("wrong_out_trade_no", "out_trade_no", "SOMEBODY-ELSES-ORDER"),
      ("wrong_total_fee", "total_fee", "1991"), ("unknown_trade_state", "trade_state", "HALFPAID"),
    ])
  func `a false answer is signed right`(fault: String, name: String, value: String) throws {
    try bench.payOrder(order)
    try add("orderquery", fault)
    var question = bench.question(Field("out_trade_no", "ORDER-1"))
    question.sign(.md5, key: bench.settings.apiKey)
    let answer = try read(bench.send("orderquery", body: Array(question.document.utf8)))
    #expect(answer[name] == value)
    #expect(answer.isSigned(.md5, key: bench.settings.apiKey))
  }

  @Test(
    arguments: [
      ("truncated", XMLRefusal.malformed), ("doctype", .documentType),
      ("duplicate_field", .duplicateField),
    ])
  func `a document can be broken`(fault: String, refusal: XMLRefusal) throws {
    try add("unifiedorder", fault)
    #expect(throws: refusal) { try read(sendOrder()) }
    #expect(try orderExists())
  }

  @Test func `an answer can be too long to be taken, though signed right`() throws {
    try add("unifiedorder", "oversized")
    let response = sendOrder()
    #expect(response.body.count > 200 << 10)
    #expect(try read(response).isSigned(.md5, key: bench.settings.apiKey))
  }

  @Test(arguments: ["delay", "delay_after"])
  func `an answer can be late`(fault: String) throws {
    try add("unifiedorder", fault, ["milliseconds": 200])
    let start = ContinuousClock.now
    #expect(try read(sendOrder())["prepay_id"] != nil)
    #expect(ContinuousClock.now - start >= .milliseconds(200))
  }

  @Test func `a fault strikes as often as it was told to, at its endpoint only`() throws {
    try add("unifiedorder", "html_502", ["count": 2])
    #expect(try bench.call("orderquery", bench.question()).status == 200)
    #expect((0..<4).map { _ in sendOrder().status } == [502, 502, 200, 200])
    #expect(try bench.control("GET", "faults")["faults"] == [])
  }

  @Test func `a fault can be meant for one order`() throws {
    try add("unifiedorder", "refuse", ["out_trade_no": "ORDER-2", "code": "NOAUTH"])
    try add("orderquery", "systemerror_before", ["out_trade_no": "ORDER-1"])
    #expect(try bench.call("unifiedorder", order).isSuccess)
    let other = order.with("out_trade_no", "ORDER-2")
    #expect(try bench.call("unifiedorder", other).errorCode == "NOAUTH")
    let transactionID = try bench.payOrder(order)
    let question = bench.question(Field("transaction_id", transactionID))
    #expect(try bench.call("orderquery", question).errorCode == "SYSTEMERROR")
    #expect(try bench.call("orderquery", question).isSuccess)
  }

  @Test func `a fault with count 0 strikes until it is cleared`() throws {
    try add("unifiedorder", "html_502", ["count": 0])
    for _ in 0..<5 { #expect(sendOrder().status == 502) }
    try bench.control("POST", "fault/clear")
    #expect(sendOrder().status == 200)
  }

  @Test func `a fault of probability 0 never strikes, and of a half sometimes`() throws {
    try add("unifiedorder", "html_502", ["count": 0, "probability": 0])
    for _ in 0..<50 { #expect(sendOrder().status == 200) }
    try add("unifiedorder", "html_502", ["count": 0, "probability": .number("0.5")])
    #expect(Set((0..<200).map { _ in sendOrder().status }) == [200, 502])
  }

  @Test func `a fault of a seed strikes the same requests every time`() throws {
    func strikes(_ seed: Int64) throws -> [Int] {
      try add(
        "unifiedorder", "html_502",
        ["count": 0, "probability": .number("0.5"), "seed": JSON(seed)])
      defer { _ = try? bench.control("POST", "fault/clear") }
      return (0..<64).map { _ in sendOrder().status }
    }
    let first = try strikes(7)
    #expect(Set(first) == [200, 502])
    #expect(try strikes(7) == first)
    #expect(try strikes(8) != first)
  }

  @Test(
    arguments: [
      ("notify", "html_502"), ("unifiedorder", "lose"), ("unifiedorder", "wrong_total_fee"),
      ("jscode2session", "wrong_signature"), ("closeorder", "unknown_trade_state"),
      ("refund", "lose"), ("refund_notify", "wrong_signature"), ("refund_notify", "refuse"),
      ("orderquery", "wrong_refund_fee"), ("refund", "unknown_refund_status"),
      ("jscode2session", "refuse_after"),
    ])
  func `a fault that cannot happen there is refused`(endpoint: String, fault: String) throws {
    let wish: JSON = ["endpoint": .string(endpoint), "fault": .string(fault)]
    #expect(try bench.tryControl("POST", "fault", wish).status == 409)
  }

  @Test(
    arguments: [
      ["endpoint": "micropay", "fault": "delay"], ["endpoint": "notify", "fault": "fire"],
      ["endpoint": "notify", "fault": "lose", "count": -1],
      ["endpoint": "notify", "fault": "lose", "probability": 2],
      ["endpoint": "refund", "fault": "delay", "seed": "1"],
      ["endpoint": "refund", "fault": "delay", "seed": -1], ["fault": "delay"],
    ] as [JSON])
  func `a fault that is not understood is refused`(wish: JSON) throws {
    #expect(try bench.tryControl("POST", "fault", wish).status == 400)
  }

  @Test(
    arguments: [
      ("drop_before", 599, false), ("drop_after", 599, true), ("html_502", 502, false),
      ("systemerror_before", 200, false), ("systemerror_after", 200, true),
      ("truncated", 200, true), ("oversized", 200, true),
    ])
  func `logging in can fail, too`(fault: String, status: Int, hasActed: Bool) throws {
    let code = try #require(try bench.control("POST", "login")["code"]?.string)
    let request = Request(
      route: "login", method: "GET", path: "/sns/jscode2session",
      query: "appid=\(bench.settings.appID)&secret=\(bench.settings.appSecret)&js_code=\(code)"
        + "&grant_type=authorization_code")
    try add("jscode2session", fault)
    #expect(bench.simulator.respond(to: request).status == status)
    let after = try JSON(parsing: bench.simulator.respond(to: request).body)
    #expect(after["errcode"]?.integer == (hasActed ? 40163 : nil))
  }
}
