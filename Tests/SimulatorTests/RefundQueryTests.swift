import Server
import Testing

@testable import Simulator

/// `POST /pay/refundquery`.
@Suite struct RefundQueryTests {
  private let bench: Bench

  init() throws { bench = try Bench.paid() }

  private var transactionID: String? {
    get throws {
      try bench.control("GET", "orders")["orders"]?.array?.first?["transaction_id"]?.string
    }
  }

  @Test func `a refund that succeeded is told with its time`() throws {
    let refundID = try bench.accept(bench.refund())
    let answer = try bench.refundQuery(Field("out_refund_no", "R-1")).message
    for (name, value) in [
      ("transaction_id", try transactionID), ("out_trade_no", "ORDER-1"), ("total_fee", "1990"),
      ("cash_fee", "1990"), ("refund_count", "1"), ("total_refund_count", "1"),
      ("out_refund_no_0", "R-1"), ("refund_id_0", refundID), ("refund_channel_0", "ORIGINAL"),
      ("refund_fee_0", "100"), ("refund_status_0", "SUCCESS"),
      ("refund_account_0", "REFUND_SOURCE_UNSETTLED_FUNDS"),
      ("refund_recv_accout_0", "支付用户零钱"),
      ("refund_success_time_0", "2026-11-21 09:00:00"),
    ] {
      #expect(answer[name] == value)
    }
    #expect(answer["out_refund_no_1"] == nil && answer["refund_recv_account_0"] == nil)
  }

  @Test(arguments: [("processing", "PROCESSING"), ("close", "REFUNDCLOSE"), ("change", "CHANGE")])
  func `only success has a time`(outcome: String, status: String) throws {
    try bench.control("POST", "refund-outcome", ["outcome": .string(outcome)])
    try bench.accept(bench.refund())
    let answer = try bench.refundQuery(Field("out_refund_no", "R-1")).message
    #expect(answer["refund_status_0"] == status)
    #expect(answer["refund_success_time_0"] == nil)
  }

  @Test func `of several numbers the first in the manual's order counts`() throws {
    let first = try bench.accept(bench.refund("R-1"))
    try bench.accept(bench.refund("R-2"))
    let byID = try bench.refundQuery(
      Field("refund_id", first), Field("out_refund_no", "R-2"), Field("out_trade_no", "ORDER-1"))
    #expect(byID.message["out_refund_no_0"] == "R-1" && byID.message["refund_count"] == "1")
    let byNumber = try bench.refundQuery(
      Field("out_refund_no", "R-2"), Field("transaction_id", "4200"))
    #expect(byNumber.message["out_refund_no_0"] == "R-2")
    let byTransaction = try bench.refundQuery(
      Field("transaction_id", try #require(try transactionID)), Field("out_trade_no", "ORDER-9"))
    #expect(byTransaction.message["refund_count"] == "2")
  }

  @Test func `an order's refunds come ten at a time, oldest first`() throws {
    for number in 0..<23 { try bench.accept(bench.refund("R-\(number)", fee: 1)) }
    for (offset, count) in [(nil, 10), ("0", 10), ("10", 10), ("20", 3), ("22", 1)] {
      var fields = bench.question(Field("out_trade_no", "ORDER-1"))
      fields["offset"] = offset
      let answer = try bench.call("refundquery", fields).message
      #expect(answer["total_refund_count"] == "23")
      #expect(answer["refund_count"] == "\(count)")
      let first = offset.flatMap { Int($0) } ?? 0
      #expect(answer["out_refund_no_0"] == "R-\(first)")
      #expect(answer["out_refund_no_\(count - 1)"] == "R-\(first + count - 1)")
      #expect(answer["out_refund_no_\(count)"] == nil)
    }
    let beyond = try bench.refundQuery(Field("out_trade_no", "ORDER-1"), Field("offset", "23"))
    #expect(beyond.errorCode == "REFUNDNOTEXIST")
  }

  @Test(arguments: ["-1", "01", "x", "1.0", " 1"])
  func `an offset that makes no sense is refused`(offset: String) throws {
    let reply = try bench.refundQuery(Field("out_trade_no", "ORDER-1"), Field("offset", offset))
    #expect(reply.errorCode == "PARAM_ERROR")
  }

  @Test(
    arguments: [
      ("refund_id", "503", "REFUNDNOTEXIST"), ("out_refund_no", "R-9", "REFUNDNOTEXIST"),
      ("out_trade_no", "ORDER-1", "REFUNDNOTEXIST"),
      ("out_trade_no", "ORDER-9", "REFUNDNOTEXIST"),
      ("transaction_id", "4200", "INVALID_TRANSACTIONID"),
    ])
  func `what does not exist is not found`(name: String, value: String, code: String) throws {
    #expect(try bench.refundQuery(Field(name, value)).errorCode == code)
  }

  @Test func `a query names a number`() throws {
    #expect(try bench.refundQuery().returnMessage == "缺少参数out_trade_no")
  }
}
