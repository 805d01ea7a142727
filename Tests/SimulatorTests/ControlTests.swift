import Server
import Testing

@testable import Simulator

@Suite struct ControlTests {
  private let bench: Bench

  init() throws { bench = try Bench() }

  @Test(arguments: ["203.0.113.7", "127.0.0.2", "", "::ffff:127.0.0.1"])
  func `strangers have no say`(address: String) throws {
    let answer = try bench.tryControl("POST", "login", from: address)
    #expect(answer.status == 403 && answer.answer["code"] == "LOCAL_ONLY")
  }

  @Test(arguments: [("GET", "pay"), ("POST", "orders"), ("POST", "refund"), ("DELETE", "order")])
  func `unknown levers are not found`(method: String, name: String) throws {
    #expect(try bench.tryControl(method, name).status == 404)
  }

  @Test func `a body that is no JSON is refused`() throws {
    let response = bench.simulator.respond(
      to: Request(
        route: "control", method: "POST", path: "/_control/login", body: Array("{".utf8)))
    #expect(response.status == 400)
  }

  @Test func `orders are listed oldest first, with what an auditor needs`() throws {
    let order = try bench.order()
    let transactionID = try bench.payOrder(order)
    try bench.call("unifiedorder", order.with("out_trade_no", "ORDER-2"))
    let orders = try #require(try bench.control("GET", "orders")["orders"]?.array)
    #expect(orders.map { $0["out_trade_no"] } == ["ORDER-1", "ORDER-2"])
    for (name, value) in [
      ("state", "SUCCESS"), ("total_fee", 1990), ("transaction_id", .string(transactionID)),
      ("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"), ("transmissions", 1),
      ("paid_at", JSON(Bench.start)), ("acked", false),
    ] as [(String, JSON)] {
      #expect(orders[0][name] == value)
    }
    #expect(orders[1]["paid_at"] == .null)
    #expect(try bench.tryControl("GET", "order?out_trade_no=ORDER-3").status == 404)
    #expect(try bench.tryControl("GET", "order").status == 400)
  }

  @Test func `only a notified payment can be notified again`() throws {
    try bench.call("unifiedorder", try bench.order())
    let wish: JSON = ["out_trade_no": "ORDER-1", "probe": "duplicate"]
    #expect(try bench.tryControl("POST", "notify", wish).status == 409)
    let unknown: JSON = ["out_trade_no": "ORDER-1", "probe": "unknown"]
    #expect(try bench.tryControl("POST", "notify", unknown).status == 400)
    let many: JSON = ["out_trade_no": "ORDER-1", "probe": "wrong_signature", "count": 1001]
    #expect(try bench.tryControl("POST", "notify", many).status == 400)
  }

  @Test func `every exchange is on the wire log`() throws {
    try bench.call("unifiedorder", try bench.order())
    try bench.control(
      "POST", "fault", ["endpoint": "orderquery", "fault": "drop_after"])
    var question = bench.question(Field("out_trade_no", "ORDER-1"))
    question.sign(.md5, key: bench.settings.apiKey)
    _ = bench.send("orderquery", body: Array(question.document.utf8))
    let lines = try bench.file("wire.log").split(separator: "\n")
      .map { try JSON(parsing: Array($0.utf8)) }
    #expect(lines.map { $0["path"] } == ["/pay/unifiedorder", "/pay/orderquery"])
    #expect(lines.map { $0["status"]?.integer } == [200, 599])
    #expect(lines.allSatisfy { $0["direction"] == "in" && $0["at"] == JSON(Bench.start) })
    #expect(lines[0]["request"]?.string?.contains("<total_fee>1990</total_fee>") == true)
    #expect(lines[0]["answer"]?.string?.contains("prepay_id") == true)
    #expect(lines[1]["answer"] == "")
    #expect(try !bench.file("wire.log").contains(bench.settings.apiKey))
  }
}
