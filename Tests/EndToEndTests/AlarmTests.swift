import Server
import TestSupport
import Testing

/// What a person must look at: found without knowing the order's number, and settled.
@Suite(.serialized) struct AlarmTests {
  private static let site = Result { try Site() }
  private let site: Site

  init() throws { site = try Self.site.get() }

  /// An order that was paid after it was closed.
  private func latePayment() throws -> String {
    let (number, _, payment) = try site.unpaidOrder()
    let closing = try site.send(
      "POST", "/wxpay/merchant/orders/\(number)/close", token: site.cashier)
    #expect(closing.json["state"]?.string == "closed", "\(closing.text)")
    try site.control("POST", "pay", ["request_payment": payment.json, "late": true])
    try site.waitUntilPaid(number)
    return number
  }

  private func open() throws -> [JSON] {
    let reply = try site.send("GET", "/wxpay/merchant/alarms", token: site.token(role: "reader"))
    return try #require(reply.json["alarms"]?.array)
  }

  @Test func `a late payment is listed, filtered by, logged and resolved`() throws {
    let number = try latePayment()
    let alarm = try #require(try open().first { $0["order_no"]?.string == number })
    #expect(alarm["alarm"]?.string == "late_payment")
    let id = try #require(alarm["id"]?.integer)
    // The log tells of both, with the number, and where the word came from.
    let log = site.gatewayLog().split(separator: "\n").filter { $0.contains("order_no=\(number)") }
    #expect(log.filter { $0.contains("level=info event=paid ") }.count == 1)
    let raised = log.filter { $0.contains("level=warning event=\"alarm raised\"") }
    #expect(raised.count == 1)
    #expect(raised.first?.contains("alarm=late_payment") == true)
    #expect(raised.first?.contains("client=127.0.0.1") == true)
    let filtered = try site.send(
      "GET", "/wxpay/merchant/orders?alarm=late_payment", token: site.cashier)
    #expect(filtered.json["orders"]?.array?.map { $0["order_no"]?.string }.contains(number) == true)

    let path = "/wxpay/merchant/alarms/\(id)/resolve"
    let reader = try site.send("POST", path, token: site.cashier, json: ["note": "seen"])
    #expect(reader.code == "ROLE_INSUFFICIENT")
    let empty = try site.send("POST", path, token: site.reviewer, json: ["note": "\u{202E}"])
    #expect(empty.code == "MALFORMED_REQUEST")
    let settled = try site.send("POST", path, token: site.reviewer, json: ["note": "已发货"])
    #expect(settled.json["note"]?.string == "已发货", "\(settled.text)")
    let again = try site.send("POST", path, token: site.reviewer, json: ["note": "other"])
    #expect(again.status == 200)
    #expect(again.json["note"]?.string == "已发货")
    #expect(try !open().contains { $0["id"]?.integer == id })
    #expect(try site.merchantOrder(number)["alarms"]?.array?.isEmpty == true)
    let other = try site.send(
      "POST", "/wxpay/merchant/alarms/999999/resolve", token: site.reviewer, json: ["note": "x"])
    #expect(other.code == "ALARM_NOT_FOUND" && other.status == 404)
  }

  @Test func `an order is shown by WeChat's number of its payment`() throws {
    let (number, _) = try site.paidOrder()
    let transaction = try #require(try site.merchantOrder(number)["transaction_id"]?.string)
    let reply = try site.send("GET", "/wxpay/merchant/orders/\(transaction)", token: site.cashier)
    #expect(reply.json["order_no"]?.string == number, "\(reply.text)")
    let paid = reply.json["timeline"]?.array?.first { $0["event"]?.string == "created" }
    #expect(paid?["request_id"]?.string?.isEmpty == false)
  }
}
