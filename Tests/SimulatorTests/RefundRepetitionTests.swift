import Server
import TestSupport
import Testing

@testable import Simulator

/// The same refund number once more.
@Suite struct RefundRepetitionTests {
  private let bench: Bench

  init() throws { bench = try Bench.paid() }

  private func accepted() throws -> Int { try bench.events("refund_accepted").count }

  @Test(arguments: ["success", "processing", "close", "change"])
  func `the same request gives the same answer, and money moves once`(outcome: String) throws {
    try bench.control("POST", "refund-outcome", ["outcome": .string(outcome)])
    let first = try bench.send(bench.refund())
    let status = try bench.refundStatus()
    bench.clock.pass(seconds: 3600)
    let again = try bench.send(bench.refund().with("nonce_str", "another"), .hmacSHA256)
    #expect(again.isSuccess)
    for field in first.message.fields
    where !["nonce_str", "sign", "sign_type"].contains(field.name) {
      #expect(again.message[field.name] == field.value)
    }
    #expect(try bench.refundStatus() == status)
    #expect(try accepted() == 1 && bench.refunds().count == 1)
    #expect(try bench.refunds()[0]["transmissions"] == 2)
  }

  @Test(
    arguments: [
      ("refund_fee", "101"), ("total_fee", "1991"), ("refund_desc", "new"),
      ("notify_url", "https://127.0.0.1/other"), ("out_trade_no", "ORDER-2"),
      ("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"), ("op_user_id", "1230000109"),
    ])
  func `another request under the same number is refused and complained about`(
    name: String, value: String
  ) throws {
    try bench.accept(bench.refund())
    #expect(try bench.send(bench.refund().with(name, value)).errorCode == "ERROR")
    #expect(
      try bench.complaints() == [
        [
          "at": JSON(Bench.start), "complaint": "TRANSMISSIONS_DIFFER", "out_refund_no": "R-1",
          "transmission": 2, "differing": [.string(name)],
        ]
      ])
    #expect(try bench.events("complaint").count == 1)
    #expect(try bench.refunds().map { $0["refund_fee"] } == [100])
    #expect(try bench.send(bench.refund()).isSuccess)
    #expect(try accepted() == 1)
  }

  @Test func `a refund that was refused can be sent again as it was`() throws {
    try bench.control("POST", "balance", ["fen": 0])
    #expect(try bench.send(bench.refund()).errorCode == "NOTENOUGH")
    try bench.control("POST", "balance", ["fen": nil])
    try bench.accept(bench.refund())
    #expect(try bench.complaints().isEmpty)
  }

  @Test func `a change between a refusal and its repetition is complained about`() throws {
    try bench.control("POST", "balance", ["fen": 50])
    #expect(try bench.send(bench.refund(fee: 100)).errorCode == "NOTENOUGH")
    try bench.accept(bench.refund(fee: 50))
    #expect(try bench.complaints().map { $0["differing"] } == [["refund_fee"]])
  }

  @Test func `equal requests and other numbers are nothing to complain about`() throws {
    for _ in 0..<3 { try bench.send(bench.refund("R-1")) }
    try bench.send(bench.refund("R-2", fee: 5))
    #expect(try bench.complaints().isEmpty)
  }

  @Test func `a closed refund stays closed, and its amount is free under another number`() throws {
    try bench.control("POST", "refund-outcome", ["outcome": "close", "out_refund_no": "R-1"])
    let refundID = try bench.accept(bench.refund("R-1", fee: 1990))
    #expect(try bench.send(bench.refund("R-1", fee: 1990)).message["refund_id"] == refundID)
    #expect(try bench.refundStatus("R-1") == "REFUNDCLOSE")
    try bench.accept(bench.refund("R-2", fee: 1990))
    #expect(try bench.refundStatus("R-2") == "SUCCESS")
    #expect(try bench.send(bench.refund("R-1", fee: 1990)).message["refund_id"] == refundID)
    #expect(try bench.refundStatus("R-1") == "REFUNDCLOSE")
  }

  @Test func `an abnormal refund keeps its amount`() throws {
    try bench.control("POST", "refund-outcome", ["outcome": "change"])
    try bench.accept(bench.refund("R-1", fee: 1990))
    #expect(try bench.send(bench.refund("R-2", fee: 1)).errorCode == "ERROR")
  }

  @Test func `every transmission is recorded before anything can go wrong with it`() throws {
    for fault in ["drop_before", "html_502", "systemerror_before", "drop_after"] {
      try bench.control(
        "POST", "fault", ["endpoint": "refund", "fault": .string(fault), "out_refund_no": "R-1"])
      bench.clock.pass(seconds: 1)
      _ = bench.sendRaw(bench.refund())
    }
    bench.clock.pass(seconds: 1)
    _ = try bench.call("refund", bench.refund(), key: "wrong", route: "secapi")
    let listed = try bench.control("GET", "transmissions?out_refund_no=R-1")
    let transmissions = try #require(listed["transmissions"]?.array)
    #expect(transmissions.map { $0["at"] } == (1...5).map { JSON(Bench.start + $0 * 1_000_000) })
    #expect(transmissions.map { $0["signed"] } == [true, true, true, true, false])
    for transmission in transmissions {
      #expect(
        transmission["parameters"] == [
          "appid": .string(bench.settings.appID), "mch_id": .string(bench.settings.mchID),
          "out_refund_no": "R-1", "out_trade_no": "ORDER-1", "refund_fee": "100",
          "total_fee": "1990",
        ])
    }
    #expect(try bench.events("refund_sent").map { $0["at"] } == transmissions.map { $0["at"] })
    #expect(try accepted() == 1)
    #expect(try bench.control("GET", "transmissions?out_refund_no=R-2")["transmissions"] == [])
  }

  @Test func `a transmission that differs is noticed even when it is dropped`() throws {
    try bench.accept(bench.refund())
    try bench.control("POST", "fault", ["endpoint": "refund", "fault": "drop_before"])
    #expect(bench.sendRaw(bench.refund(fee: 5)).status == 599)
    #expect(try bench.complaints().count == 1)
  }

  @Test func `another digest is the same refund, but not the same transmission`() throws {
    let refundID = try bench.accept(bench.refund())
    #expect(try bench.send(bench.refund(), .hmacSHA256).message["refund_id"] == refundID)
    #expect(try bench.complaints().map { $0["differing"] } == [["sign_type"]])
  }

  @Test func `one number sent at once from everywhere moves money once`() throws {
    let answers = try concurrently(20) { _ in try bench.send(bench.refund()) }
    #expect(answers.allSatisfy { $0.isSuccess })
    #expect(Set(answers.compactMap { $0.message["refund_id"] }).count == 1)
    #expect(try accepted() == 1)
    #expect(try bench.refunds().map { $0["transmissions"] } == [20])
  }

  @Test func `many numbers sent at once never exceed the payment`() throws {
    let answers = try concurrently(20) { try bench.send(bench.refund("R-\($0)", fee: 199)) }
    #expect(answers.count { $0.isSuccess } == 10)
    #expect(answers.compactMap { $0.errorCode } == Array(repeating: "ERROR", count: 10))
    #expect(try accepted() == 10)
  }
}
