import Curl
import Foundation
import Server
import TestSupport
import Testing

@testable import Simulator

/// Refunds through the real command behind a real nginx, with and without the certificate.
@Suite struct RefundServiceTests {
  private let service: Service

  init() throws {
    service = try Service()
    try service.start()
    try service.pay("ORDER-1", notifyPath: "/takes")
    try service.control("POST", "refund-spacing", ["seconds": 0])
  }

  @Test func `the holder of the certificate refunds, and is told`() throws {
    let response = try service.refund("ORDER-1", "R-1", notifyPath: "/takes")
    #expect(response.status == 200)
    #expect(try XMLReader.read(response.body)["result_code"] == "SUCCESS")
    try eventually("the acknowledgement") {
      try service.refundDeliveries().first?["acked"] == true
    }
    let delivery = try #require(try service.refundDeliveries().first)
    #expect(delivery["out_refund_no"] == "R-1" && delivery["refund_status"] == "SUCCESS")
    #expect(delivery["attempt"] == 1 && delivery["status"] == 200)
    #expect(try service.refunds().map { $0["acked"] } == [true])
    #expect(try service.stop() == .code(0))
  }

  @Test func `what was posted can be decrypted by others`() throws {
    _ = try service.refund("ORDER-1", "R-1", notifyPath: "/takes")
    try eventually("the notification") { try !service.refundDeliveries().isEmpty }
    // The first one told of the payment.
    try eventually("its body") { try service.posted(to: "/takes").last?["req_info"] != nil }
    let sealed = try #require(try service.posted(to: "/takes").last?["req_info"])
    let folder = try TemporaryFolder()
    try folder.write(sealed, to: "req_info")
    // The MD5 of the merchant's key in hexadecimal, whose characters are the key of the cipher.
    let key = "bbc07019c659b91fc7f1ca230aea21ec".utf8.map { String($0, radix: 16) }.joined()
    let plaintext = try ChildProcess.run(
      "openssl",
      ["enc", "-d", "-aes-256-ecb", "-K", key, "-a", "-A", "-in", folder.file("req_info")])
    #expect(plaintext.hasPrefix("<root>") && plaintext.hasSuffix("</root>"))
    #expect(plaintext.contains("<out_refund_no><![CDATA[R-1]]></out_refund_no>"))
    #expect(plaintext.contains("<refund_status><![CDATA[SUCCESS]]></refund_status>"))
  }

  @Test(
    arguments: [
      (Service.Caller.nobody, "<title>400 No required SSL certificate was sent</title>"),
      (.stranger, "<title>400 The SSL certificate error</title>"),
    ])
  func `who has no certificate gets nginx's page, and nothing is recorded`(
    caller: Service.Caller, title: String
  ) throws {
    let response = try service.refund("ORDER-1", "R-1", as: caller)
    #expect(response.status == 400)
    #expect(String(decoding: response.body, as: UTF8.self).contains(title))
    #expect(try service.refunds().isEmpty)
    #expect(try service.control("GET", "transmissions")["transmissions"] == [])
  }

  @Test(arguments: [("drop_before", 0), ("drop_after", 1)])
  func `a drop hangs up without a word`(fault: String, accepted: Int) throws {
    try service.control("POST", "fault", ["endpoint": "refund", "fault": .string(fault)])
    #expect(throws: CurlError.self) { try service.refund("ORDER-1", "R-1") }
    #expect(try service.refunds().count == accepted)
    #expect(try service.refund("ORDER-1", "R-1").status == 200)
    #expect(try service.refunds().map { $0["transmissions"] } == [2])
  }

  @Test func `refunds, what was sent and what is due survive a kill`() throws {
    try service.control(
      "POST", "refund-outcome",
      ["outcome": "close", "milliseconds": 3000, "out_refund_no": "R-2"])
    _ = try service.refund("ORDER-1", "R-1", notifyPath: "/refuses")
    _ = try service.refund("ORDER-1", "R-2", notifyPath: "/takes")
    _ = try service.refund("ORDER-1", "R-1", fee: 5)
    service.kill()
    try service.start(speed: 100_000)
    try eventually("the end of the second refund") {
      try service.refunds().map { $0["refund_status"] } == ["SUCCESS", "REFUNDCLOSE"]
    }
    #expect(try service.control("GET", "complaints")["complaints"]?.array?.count == 1)
    #expect(try service.control("GET", "transmissions")["transmissions"]?.array?.count == 3)
    try eventually("all notifications") { try service.refundDeliveries().count == 17 }
    let refused = try service.refundDeliveries().filter { $0["out_refund_no"] == "R-1" }
    #expect(refused.map { $0["attempt"]?.integer } == Array(1...16))
    #expect(try service.refunds().map { $0["acked"] } == [false, true])
  }

  @Test func `each end of a refund is told`() throws {
    try service.control("POST", "refund-outcome", ["outcome": "change"])
    _ = try service.refund("ORDER-1", "R-1", notifyPath: "/takes")
    try eventually("the first end") { try service.refundDeliveries().count == 1 }
    try service.control(
      "POST", "refund-finish", ["out_refund_no": "R-1", "refund_status": "SUCCESS"])
    try eventually("the second end") { try service.refundDeliveries().count == 2 }
    #expect(try service.refundDeliveries().map { $0["refund_status"] } == ["CHANGE", "SUCCESS"])
    #expect(try service.refundDeliveries().map { $0["attempt"] } == [1, 1])
  }

  @Test func `a refund under way is not told, and one without an address never`() throws {
    try service.control("POST", "refund-outcome", ["outcome": "processing"])
    _ = try service.refund("ORDER-1", "R-1", notifyPath: "/takes")
    try service.control("POST", "refund-outcome", ["outcome": "success"])
    _ = try service.refund("ORDER-1", "R-2")
    _ = try service.refund("ORDER-1", "R-3", notifyPath: "/takes")
    try eventually("the third refund's") { try !service.refundDeliveries().isEmpty }
    #expect(try service.refundDeliveries().map { $0["out_refund_no"] } == ["R-3"])
  }

  @Test func `a refund by hand is told at the merchant platform's address`() throws {
    try service.control("POST", "refund-notify-url", ["url": .string(service.siteURL("/takes"))])
    let made = try service.control(
      "POST", "refund-by-hand", ["out_trade_no": "ORDER-1", "refund_fee": 990])
    try eventually("the notification") { try !service.refundDeliveries().isEmpty }
    #expect(try service.refundDeliveries()[0]["out_refund_no"] == made["out_refund_no"])
  }

  @Test func `a lost notification never comes, a duplicate comes twice`() throws {
    for (fault, number) in [("lose", "R-1"), ("duplicate", "R-2")] {
      try service.control(
        "POST", "fault",
        [
          "endpoint": "refund_notify", "fault": .string(fault), "out_refund_no": .string(number),
        ])
    }
    try eventually("the payment's") { try service.posted(to: "/takes").count == 1 }
    _ = try service.refund("ORDER-1", "R-1", notifyPath: "/takes")
    _ = try service.refund("ORDER-1", "R-2", notifyPath: "/takes")
    try eventually("the other one") { try !service.refundDeliveries().isEmpty }
    #expect(try service.refundDeliveries().map { $0["out_refund_no"] } == ["R-2"])
    #expect(try service.posted(to: "/takes").count == 3)
    #expect(try service.control("GET", "faults")["faults"] == [])
  }

  @Test func `an acknowledgement that gets lost is followed by another delivery`() throws {
    try service.control("POST", "fault", ["endpoint": "refund_notify", "fault": "drop_after"])
    _ = try service.refund("ORDER-1", "R-1", notifyPath: "/takes")
    try eventually("the first attempt") { try service.refundDeliveries().count == 1 }
    try service.restart(speed: 100_000)
    try eventually("the acknowledgement") { try service.refunds()[0]["acked"] == true }
    #expect(try service.refundDeliveries().map { $0["acked"] } == [false, true])
  }

  @Test func `copies sent at once are all answered`() throws {
    _ = try service.refund("ORDER-1", "R-1", notifyPath: "/takes")
    let replies = try service.control(
      "POST", "refund-notify", ["out_refund_no": "R-1", "probe": "duplicate", "count": 20])
    #expect(replies.array?.count == 20)
    #expect(replies.array?.allSatisfy { $0["acked"] == true } == true)
  }
}
