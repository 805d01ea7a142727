import Foundation
import Server
import TestSupport
import Testing

/// Real answers beside `openapi.yaml`.
@Suite struct DescriptionTests {
  private let site: Site
  private let description: OpenAPI

  init() throws {
    site = try Site.forRefunds()
    description = try OpenAPI()
  }

  /// Sends a request; its answer must be what is promised.
  @discardableResult
  private func send(
    _ method: String, _ path: String, token: String? = nil, json: JSON? = nil, status: Int
  ) throws -> JSON {
    let reply =
      if let json {
        try site.send(method, "/wxpay" + path, token: token, json: json)
      } else {
        try site.send(method, "/wxpay" + path, token: token)
      }
    #expect(reply.status == status, "\(method) \(path): \(reply.text)")
    let faults = try description.faults(in: reply.text, to: method, path, status: reply.status)
    #expect(faults == [], "\(reply.text)")
    return reply.json
  }

  @Test func `every kind of answer is what the description promises`() throws {
    let (cashier, reviewer) = (site.cashier, site.reviewer)
    let number = Site.number()
    let wish: JSON = ["out_trade_no": .string(number), "total_fee": 1990, "body": "茶叶"]
    try send("POST", "/merchant/orders", token: cashier, json: wish, status: 201)
    try send("POST", "/merchant/orders", token: cashier, json: wish, status: 200)
    let code = try site.control("POST", "login", [:]).json["code"] ?? .null
    let session = try send("POST", "/login", json: ["code": code], status: 200)
    let buyer = try #require(session["token"]?.string)
    let values = try send(
      "POST", "/pay", token: buyer, json: ["out_trade_no": .string(number)], status: 200)
    try site.control("POST", "pay", ["request_payment": values])
    try site.waitUntilPaid(number)
    try send("GET", "/order?out_trade_no=\(number)", token: buyer, status: 200)
    try send("POST", "/pay", token: buyer, json: ["out_trade_no": .string(number)], status: 409)

    let application: JSON = [
      "out_trade_no": .string(number), "kind": "unshipped", "reason": "拍错了", "refund_fee": 900,
    ]
    let first = try send("POST", "/refund-apply", token: buyer, json: application, status: 201)
    let refund = try #require(first["out_refund_no"]?.string)
    try send("POST", "/refund-apply", token: buyer, json: application, status: 200)
    try send("GET", "/merchant/refunds?state=applied", token: cashier, status: 200)
    try send("POST", "/merchant/refunds/\(refund)/approve", token: reviewer, json: [:], status: 200)
    try site.waitUntil(refund, is: "succeeded")
    try send("GET", "/merchant/refunds/\(refund)", token: cashier, status: 200)
    try send("POST", "/merchant/refunds/\(refund)/retry", token: cashier, json: [:], status: 409)
    let direct: JSON = ["refund_fee": 500, "reason": "少发一件"]
    let path = "/merchant/orders/\(number)/refunds"
    try send("POST", path, token: cashier, json: direct, status: 201)
    try send("POST", path, token: cashier, json: direct, status: 200)

    try send("GET", "/order?out_trade_no=\(number)", token: buyer, status: 200)
    try send("GET", "/merchant/orders/\(number)", token: cashier, status: 200)
    try send("GET", "/merchant/orders?state=paid", token: cashier, status: 200)
    try send("POST", "/merchant/orders/\(number)/query", token: cashier, json: [:], status: 200)
    try send("GET", "/order?out_trade_no=\(number)", token: cashier, status: 401)
    try send("GET", "/health", status: 200)
  }

  @Test func `an alarm is what the description promises`() throws {
    let (number, _, payment) = try site.unpaidOrder()
    try send(
      "POST", "/merchant/orders/\(number)/close", token: site.cashier, json: [:], status: 200)
    try site.control("POST", "pay", ["request_payment": payment.json, "late": true])
    try site.waitUntilPaid(number)
    let alarms = try send("GET", "/merchant/alarms?state=all", token: site.cashier, status: 200)
    let id = try #require(alarms["alarms"]?.array?.first?["id"]?.integer)
    try send(
      "POST", "/merchant/alarms/\(id)/resolve", token: site.reviewer, json: ["note": "已发货"],
      status: 200)
    try send("GET", "/merchant/orders/\(number)", token: site.cashier, status: 200)
  }
}
