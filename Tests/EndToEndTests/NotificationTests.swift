import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// One after the other: they share a WeChat, and its faults strike whoever calls next.
@Suite(.serialized) struct NotificationTests {
  private static let site = Result { try Site() }
  private let site: Site

  init() throws { site = try Self.site.get() }

  private static let success =
    "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"

  private func notify(_ body: [UInt8], path: String = "/wxpay/receive-notify") throws -> Site.Reply
  {
    try site.send("POST", path, body: body, contentType: "text/xml")
  }

  /// Has WeChat send a paid order's notification again.
  private func repeatNotification(
    _ number: String, probe: String, count: Int = 1
  ) throws -> [JSON] {
    try site.control(
      "POST", "notify",
      ["out_trade_no": .string(number), "probe": .string(probe), "count": .number("\(count)")]
    ).json.array ?? []
  }

  private func paidOrder() throws -> String {
    let (number, _, payment) = try site.unpaidOrder()
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    return number
  }

  @Test func `fifty copies at once are one transition and fifty SUCCESS`() throws {
    let (number, _, payment) = try site.unpaidOrder()
    try site.fault("notify", "lose", count: 1)
    try site.confirm(payment)
    let replies = try repeatNotification(number, probe: "duplicate", count: 50)
    #expect(replies.count == 50)
    // Under a sanitizer on a busy machine some answers come after the five seconds that WeChat waits.
    let answered = replies.filter { !isSanitized || $0["status"]?.integer != 0 }
    #expect(!answered.isEmpty)
    #expect(answered.filter { $0["body"]?.string != Self.success } == [])
    #expect(try site.moves(number).filter { $0 == "unpaid>paid" }.count == 1)
    try site.clearFaults()
  }

  @Test func `a notification with a wrong signature is refused and changes nothing`() throws {
    let (number, _, payment) = try site.unpaidOrder()
    try site.fault("notify", "lose", count: 0)
    defer { try? site.clearFaults() }
    try site.confirm(payment)
    let replies = try repeatNotification(number, probe: "wrong_signature", count: 5)
    #expect(replies.count == 5)
    for reply in replies {
      #expect(reply["body"]?.string?.contains("<![CDATA[FAIL]]>") == true, "\(reply)")
    }
    #expect(try site.state(number) == "unpaid")
  }

  @Test func `a notification may name the merchant in its path`() throws {
    let number = try paidOrder()
    let stored = try site.query(
      "SELECT body FROM notification WHERE out_trade_no = '\(number)'")[0].bytes("body")
    #expect(try notify(stored, path: "/wxpay/receive-notify/main").text == Self.success)
    let unknown = try notify(stored, path: "/wxpay/receive-notify/other")
    #expect(unknown.text.contains("FAIL"))
  }

  @Test func `what cannot be verified gets FAIL and leaves no trace`() throws {
    let number = try paidOrder()
    let genuine = String(
      decoding: try site.query(
        "SELECT body FROM notification WHERE out_trade_no = '\(number)'")[0].bytes("body"),
      as: UTF8.self)
    let before = try site.digest()
    let forgeries: [String] = [
      "", "junk", "<xml></xml>", String(genuine.dropLast(40)),
      genuine.replacingOccurrences(of: "1990", with: "1"),
      genuine.replacingOccurrences(of: number, with: "OTHER" + number.dropFirst(5)),
      genuine.replacingOccurrences(of: "<sign>", with: "<signx>")
        .replacingOccurrences(of: "</sign>", with: "</signx>"),
      genuine.replacingOccurrences(of: "</xml>", with: "<total_fee>1990</total_fee></xml>"),
      genuine.replacingOccurrences(of: "</xml>", with: "<extra>1</extra></xml>"),
      "<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" + genuine,
      genuine + genuine, genuine + "trailing",
      genuine.replacingOccurrences(of: "SUCCESS", with: "FAIL"),
      genuine.replacingOccurrences(of: "<xml>", with: "<root>")
        .replacingOccurrences(of: "</xml>", with: "</root>"),
      genuine.replacingOccurrences(of: Site.merchantID, with: "1900000109"),
      genuine.replacingOccurrences(of: Site.appID, with: "wx0123456789abcdef"),
      genuine.replacing(/<sign><!\[CDATA\[([0-9A-F]+)\]\]>/) {
        "<sign><![CDATA[\($0.1.lowercased())]]>"
      },
      genuine.replacingOccurrences(
        of: "</xml>", with: "<sign_type><![CDATA[HMAC-SHA256]]></sign_type></xml>"),
      String(repeating: "<a>", count: 10_000),
    ]
    for forgery in forgeries {
      let reply = try notify(Array(forgery.utf8))
      #expect(reply.status == 200)
      #expect(
        reply.text.hasPrefix("<xml><return_code><![CDATA[FAIL]]></return_code>"),
        "\(forgery.prefix(80)): \(reply.text)")
    }
    let invalid: [[UInt8]] = [
      [0xFF, 0xFE], Array(genuine.utf8) + [0], [0xEF, 0xBB, 0xBF] + Array(genuine.utf8),
      Array(genuine.utf8.map { $0 == UInt8(ascii: "J") ? 0x00 : $0 }),
    ]
    for bytes in invalid {
      #expect(try notify(bytes).text.contains("<![CDATA[FAIL]]>"))
    }
    #expect(try site.digest() == before)
    #expect(try notify(Array(genuine.utf8)).text == Self.success)
  }

  /// What WeChat could send under its own good signature, and what it is told.
  static let probes =
    [
      ("wrong_appid", "FAIL", "foreign_merchant"), ("wrong_mch_id", "FAIL", "foreign_merchant"),
      ("wrong_total_fee", "FAIL", "amount_mismatch"),
      ("wrong_fee_type", "FAIL", "currency_mismatch"), ("wrong_openid", "FAIL", "payer_mismatch"),
      ("result_fail", "SUCCESS", nil), ("extra_field", "SUCCESS", nil),
      ("missing_signature", "FAIL", nil), ("wrong_key", "FAIL", nil), ("doctype", "FAIL", nil),
      ("duplicate_field", "FAIL", nil), ("truncated", "FAIL", nil), ("html", "FAIL", nil),
      ("empty", "FAIL", nil),
    ] as [(String, String, String?)]

  @Test(arguments: probes)
  func `a message that differs from our records pays nothing`(
    probe: String, answer: String, alarm: String?
  ) throws {
    let (number, _, payment) = try site.unpaidOrder()
    try site.fault("notify", "lose", count: 1)
    try site.confirm(payment)
    let reply = try #require(try repeatNotification(number, probe: probe).first)
    #expect(reply["body"]?.string?.contains("<![CDATA[\(answer)]]>") == true, "\(reply)")
    // A field that WeChat adds one day is signed like the others, and no reason to refuse.
    let expected = probe == "extra_field" ? "paid" : "unpaid"
    let order = try site.merchantOrder(number)
    #expect(order["state"]?.string == expected)
    #expect(order["alarms"]?.array == (alarm.map { [JSON($0)] } ?? []), "\(order)")
  }

  @Test func `a second transaction of a paid order is kept for a person`() throws {
    let number = try paidOrder()
    let transaction = try site.merchantOrder(number)["transaction_id"]
    let reply = try #require(try repeatNotification(number, probe: "other_transaction").first)
    #expect(reply["acked"]?.bool == true, "\(reply)")
    let order = try site.merchantOrder(number)
    #expect(order["transaction_id"] == transaction)
    #expect(order["alarms"] == ["transaction_mismatch"])
  }

  @Test func `a query string opens no back door`() throws {
    let before = try site.digest()
    for query in ["?test=true", "?test=1&debug=1", "?WEIXINPAY_ROUTE=health"] {
      let reply = try notify(
        Array("<xml><return_code>SUCCESS</return_code></xml>".utf8),
        path: "/wxpay/receive-notify\(query)")
      #expect(reply.text.contains("<![CDATA[FAIL]]>"))
    }
    #expect(try site.digest() == before)
  }

  @Test func `a notification is posted, nothing else`() throws {
    let reply = try site.send("GET", "/wxpay/receive-notify", contentType: nil)
    #expect(reply.status == 405)
    #expect(reply.text.contains("<![CDATA[FAIL]]>"))
  }

  @Test func `WeChat repeats until it reads SUCCESS`() throws {
    let (number, _, payment) = try site.unpaidOrder()
    _ = try site.query("UPDATE payment SET total_fee = 1 WHERE out_trade_no = '\(number)'")
    try site.confirm(payment)
    try eventually("WeChat has tried thrice") {
      let attempts = try self.site.notifications()
      return attempts.filter { $0["out_trade_no"]?.string == number }.count >= 3
    }
    #expect(try site.state(number) == "unpaid")
    #expect(try site.merchantOrder(number)["alarms"] == ["amount_mismatch"])
    // Once our record is right again, the next repetition pays the order.
    _ = try site.query("UPDATE payment SET total_fee = 1990 WHERE out_trade_no = '\(number)'")
    try site.waitUntilPaid(number)
  }
}
