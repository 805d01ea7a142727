import Server
import Testing

@testable import Simulator

/// How refunds end, by themselves and by hand.
@Suite struct RefundOutcomeTests {
  private let bench: Bench

  init() throws { bench = try Bench.paid() }

  private func finish(_ status: String, _ outRefundNo: String = "R-1") throws -> Int {
    try bench.tryControl(
      "POST", "refund-finish",
      ["out_refund_no": .string(outRefundNo), "refund_status": .string(status)]
    ).status
  }

  @Test func `the narrowest choice counts`() throws {
    try bench.control("POST", "refund-outcome", ["outcome": "processing"])
    try bench.control(
      "POST", "refund-outcome", ["outcome": "change", "out_trade_no": "ORDER-1"])
    try bench.control("POST", "refund-outcome", ["outcome": "close", "out_refund_no": "R-1"])
    try bench.payOrder(try bench.order().with("out_trade_no", "ORDER-2"))
    try bench.accept(bench.refund("R-1"))
    try bench.accept(bench.refund("R-2"))
    try bench.accept(bench.refund("R-3").with("out_trade_no", "ORDER-2"))
    #expect(try bench.refundStatus("R-1") == "REFUNDCLOSE")
    #expect(try bench.refundStatus("R-2") == "CHANGE")
    #expect(try bench.refundStatus("R-3") == "PROCESSING")
  }

  @Test(arguments: [("success", "SUCCESS"), ("close", "REFUNDCLOSE"), ("change", "CHANGE")])
  func `an end can come later`(outcome: String, status: String) throws {
    try bench.control(
      "POST", "refund-outcome", ["outcome": .string(outcome), "milliseconds": 5000])
    try bench.accept(bench.refund())
    bench.clock.pass(seconds: 4)
    #expect(try bench.refundStatus() == "PROCESSING")
    #expect(try bench.events("refund_finished").isEmpty)
    bench.clock.pass(seconds: 1)
    #expect(try bench.refundStatus() == status)
    #expect(try bench.events("refund_finished").map { $0["refund_status"] } == [.string(status)])
  }

  @Test func `a refund that stays under way ends by hand only`() throws {
    try bench.control("POST", "refund-outcome", ["outcome": "processing", "milliseconds": 1])
    try bench.accept(bench.refund())
    bench.clock.pass(seconds: 86_400)
    #expect(try bench.refundStatus() == "PROCESSING")
    #expect(try finish("SUCCESS") == 200)
    #expect(try bench.refundStatus() == "SUCCESS")
  }

  @Test(arguments: ["SUCCESS", "REFUNDCLOSE"])
  func `an abnormal refund is decided by hand`(status: String) throws {
    try bench.control("POST", "refund-outcome", ["outcome": "processing"])
    try bench.accept(bench.refund())
    #expect(try finish("CHANGE") == 200)
    #expect(try finish("CHANGE") == 409)
    #expect(try finish(status) == 200)
    #expect(try bench.refundStatus() == status)
  }

  @Test(arguments: ["success", "close"])
  func `an end is final`(outcome: String) throws {
    try bench.control("POST", "refund-outcome", ["outcome": .string(outcome)])
    try bench.accept(bench.refund())
    for status in ["SUCCESS", "REFUNDCLOSE", "CHANGE"] { #expect(try finish(status) == 409) }
    #expect(try bench.events("refund_finished").count == 1)
  }

  @Test func `a refund ended by hand does not end once more by itself`() throws {
    try bench.control("POST", "refund-outcome", ["outcome": "success", "milliseconds": 5000])
    try bench.accept(bench.refund())
    #expect(try finish("REFUNDCLOSE") == 200)
    bench.clock.pass(seconds: 10)
    #expect(try bench.refundStatus() == "REFUNDCLOSE")
  }

  @Test func `a refund by hand is WeChat's own, and found by the order`() throws {
    let made = try bench.control(
      "POST", "refund-by-hand", ["out_trade_no": "ORDER-1", "refund_fee": 990])
    let found = try bench.refundQuery(Field("out_trade_no", "ORDER-1")).message
    #expect(found["out_refund_no_0"] == made["out_refund_no"]?.string)
    #expect(found["refund_id_0"] == made["refund_id"]?.string)
    #expect(found["refund_fee_0"] == "990" && found["refund_status_0"] == "SUCCESS")
    #expect(try bench.refunds().map { $0["refund_request_source"] } == ["VENDOR_PLATFORM"])
    #expect(try bench.events("refund_sent").isEmpty)
    #expect(try bench.send(bench.refund(fee: 1001)).errorCode == "ERROR")
    let number = try #require(made["out_refund_no"]?.string)
    #expect(try bench.send(bench.refund(number, fee: 990)).errorCode == "ERROR")
  }

  @Test func `a refund by hand bears any number, and no other refund's`() throws {
    let wish: JSON = ["out_trade_no": "ORDER-1", "refund_fee": 7, "out_refund_no": "TK.2026/款"]
    #expect(try bench.control("POST", "refund-by-hand", wish)["out_refund_no"] == "TK.2026/款")
    #expect(try bench.tryControl("POST", "refund-by-hand", wish).status == 409)
    let found = try bench.refundQuery(Field("out_trade_no", "ORDER-1")).message
    #expect(found["refund_count"] == "1" && found["out_refund_no_0"] == "TK.2026/款")
  }

  @Test(
    arguments: [
      (["out_trade_no": "ORDER-1", "refund_fee": 1991], 409),
      (["out_trade_no": "ORDER-9", "refund_fee": 1], 404),
      (["out_trade_no": "ORDER-1", "refund_fee": 0], 400), (["out_trade_no": "ORDER-1"], 400),
      (["out_trade_no": "ORDER-1", "refund_fee": 1, "notify_url": "http://127.0.0.1/"], 400),
    ] as [(JSON, Int)])
  func `a refund by hand has the limits of the others`(wish: JSON, status: Int) throws {
    #expect(try bench.tryControl("POST", "refund-by-hand", wish).status == status)
    #expect(try bench.refunds().isEmpty)
  }

  @Test(
    arguments: [
      ("refund-outcome", [:]), ("refund-outcome", ["outcome": "later"]),
      ("refund-outcome", ["outcome": "success", "milliseconds": -1]),
      ("refund-outcome", ["outcome": "success", "out_refund_no": 5]),
      ("refund-finish", ["out_refund_no": "R-1"]),
      ("refund-finish", ["out_refund_no": "R-1", "refund_status": "PROCESSING"]),
      ("refund-spacing", [:]), ("refund-spacing", ["seconds": -1]), ("balance", [:]),
      ("balance", ["fen": -1]), ("balance", ["fen": "1"]), ("refund-notify-url", [:]),
      ("refund-notify-url", ["url": "ftp://127.0.0.1"]),
      ("refund-notify", ["out_refund_no": "R-1", "probe": "unknown"]),
      ("refund-notify", ["out_refund_no": "R-1", "refund_status": "DONE"]),
      ("refund-notify", ["out_refund_no": "R-1", "count": 1001]),
    ] as [(String, JSON)])
  func `a lever that is not understood does nothing`(name: String, body: JSON) throws {
    let before = try bench.file("ledger.log")
    #expect(try bench.tryControl("POST", name, body).status == 400)
    #expect(try bench.file("ledger.log") == before)
  }

  @Test(arguments: ["refund-finish", "refund-notify"])
  func `unknown refunds are not found`(name: String) throws {
    let body: JSON = ["out_refund_no": "R-9", "refund_status": "SUCCESS"]
    #expect(try bench.tryControl("POST", name, body).status == 404)
  }

  @Test func `only what was notified can be notified again`() throws {
    let repetition: JSON = ["out_refund_no": "R-1"]
    try bench.control("POST", "refund-outcome", ["outcome": "processing"])
    try bench.accept(bench.refund())
    #expect(
      try bench.tryControl("POST", "refund-notify", repetition).answer["code"] == "NO_NOTIFY_URL")
    try bench.accept(
      bench.refund("R-2").with("notify_url", "https://127.0.0.1:8443/wxpay/refund"))
    let second: JSON = ["out_refund_no": "R-2"]
    #expect(try bench.tryControl("POST", "refund-notify", second).answer["code"] == "PROCESSING")
  }
}
