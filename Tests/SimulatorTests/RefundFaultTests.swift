import Server
import Testing

@testable import Simulator

/// What goes wrong around refunds when it is ordered.
@Suite struct RefundFaultTests {
  private let bench: Bench

  init() throws { bench = try Bench.paid() }

  private func add(_ endpoint: String, _ fault: String, _ details: JSON = [:]) throws {
    let wish: JSON = ["endpoint": .string(endpoint), "fault": .string(fault)]
    try bench.control("POST", "fault", wish.followed(by: details))
  }

  @Test(
    arguments: [
      ("drop_before", 599, false), ("drop_after", 599, true), ("html_502", 502, false),
      ("html_502_after", 502, true), ("html_200", 200, true), ("empty", 200, true),
      ("truncated", 200, true), ("wrong_signature", 200, true),
    ])
  func `an answer is lost or spoilt before or after the money moved`(
    fault: String, status: Int, hasActed: Bool
  ) throws {
    try add("refund", fault)
    #expect(bench.sendRaw(bench.refund()).status == status)
    #expect(try bench.refunds().count == (hasActed ? 1 : 0))
    try bench.accept(bench.refund())
    #expect(try bench.events("refund_accepted").count == 1)
  }

  @Test(
    arguments: [
      ("systemerror_before", "SYSTEMERROR", false), ("systemerror_after", "SYSTEMERROR", true),
      ("refuse", "BIZERR_NEED_RETRY", false), ("refuse_after", "BIZERR_NEED_RETRY", true),
      ("refuse", "FREQUENCY_LIMITED", false), ("refuse", "INVALID_REQ_TOO_MUCH", false),
      ("refuse", "USER_ACCOUNT_ABNORMAL", false),
    ])
  func `a refusal says nothing about what was done`(
    fault: String, code: String, hasActed: Bool
  ) throws {
    try add("refund", fault, ["code": .string(code)])
    #expect(try bench.send(bench.refund()).errorCode == code)
    #expect(try bench.refunds().count == (hasActed ? 1 : 0))
  }

  @Test(
    arguments: [
      ("wrong_out_refund_no", "out_refund_no", "SOMEBODY-ELSES-REFUND"),
      ("wrong_refund_fee", "refund_fee", "101"), ("wrong_total_fee", "total_fee", "1991"),
      ("wrong_out_trade_no", "out_trade_no", "SOMEBODY-ELSES-ORDER"),
    ])
  func `a false answer is signed right, of a query, too`(
    fault: String, name: String, value: String
  ) throws {
    try add("refund", fault)
    let answer = try XMLReader.read(bench.sendRaw(bench.refund()).body)
    #expect(answer[name] == value && answer.isSigned(.md5, key: bench.settings.apiKey))
    try add("refundquery", fault)
    let found = try bench.refundQuery(Field("out_refund_no", "R-1")).message
    #expect((found[name] ?? found[name + "_0"]) == value)
  }

  @Test func `a query can tell a state that nobody knows, or fail`() throws {
    try bench.accept(bench.refund())
    try add("refundquery", "unknown_refund_status")
    #expect(try bench.refundStatus() == "HALFWAY")
    try add("refundquery", "systemerror_before")
    let reply = try bench.refundQuery(Field("out_refund_no", "R-1"))
    #expect(reply.errorCode == "SYSTEMERROR")
    #expect(try bench.refundStatus() == "SUCCESS")
  }

  @Test func `a fault can be meant for one refund, or for an order's`() throws {
    try add("refund", "html_502", ["out_refund_no": "R-2"])
    try add("refundquery", "html_502", ["out_refund_no": "R-1"])
    try add("refundquery", "html_502", ["out_trade_no": "ORDER-1"])
    let refundID = try bench.accept(bench.refund("R-1"))
    #expect(bench.sendRaw(bench.refund("R-2")).status == 502)
    var question = bench.question(Field("refund_id", refundID))
    question.sign(.md5, key: bench.settings.apiKey)
    let body = Array(question.document.utf8)
    #expect((0..<3).map { _ in bench.send("refundquery", body: body).status } == [502, 502, 200])
  }
}
