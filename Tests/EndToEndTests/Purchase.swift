import Foundation
import Server
import TestSupport
import Testing

/// What a shop, its buyer and WeChat do in the course of one purchase.
extension Site {
  struct Buyer: Sendable {
    let token: String
    let openID: String
  }

  /// An order number that no other test uses.
  static func number() -> String {
    "T" + UUID().uuidString.replacingOccurrences(of: "-", with: "").prefix(20)
  }

  @discardableResult
  func createOrder(
    _ number: String, total: Int64 = 1990, openID: String? = nil, expiresAt: String? = nil
  ) throws -> Reply {
    try send(
      "POST", "/wxpay/merchant/orders", token: cashier,
      json: [
        "out_trade_no": JSON(number), "total_fee": JSON(total), "body": "腾讯-游戏",
        "openid": JSON(openID), "expires_at": JSON(expiresAt),
      ])
  }

  /// A new buyer, who tries again when many want to log in at one moment.
  func login() throws -> Buyer {
    let code = try control("POST", "login", [:])
    let wish: JSON = ["code": code.json["code"] ?? .null, "merchant": "main"]
    var answer = try send("POST", "/wxpay/login", json: wish)
    for _ in 0..<10 where answer.status == 503 {
      answer = try send("POST", "/wxpay/login", json: wish)
    }
    return Buyer(
      token: try #require(answer.json["token"]?.string, "\(answer.text)"),
      openID: try #require(code.json["openid"]?.string))
  }

  func pay(_ number: String, _ buyer: Buyer) throws -> Reply {
    try send("POST", "/wxpay/pay", token: buyer.token, json: ["out_trade_no": .string(number)])
  }

  /// The buyer confirms in WeChat's cashier.
  ///
  /// - Parameter payment: what the pay route answered.
  @discardableResult
  func confirm(_ payment: Reply) throws -> Reply {
    let reply = try control("POST", "pay", ["request_payment": payment.json])
    #expect(reply.status == 200, "\(reply.text)")
    return reply
  }

  /// An order whose buyer can pay, and what the pay route answered.
  func unpaidOrder(total: Int64 = 1990) throws -> (number: String, buyer: Buyer, payment: Reply) {
    let number = Self.number()
    try createOrder(number, total: total)
    let buyer = try login()
    let payment = try pay(number, buyer)
    try #require(payment.status == 200, "\(payment.text)")
    return (number, buyer, payment)
  }

  func merchantOrder(_ number: String) throws -> JSON {
    try send("GET", "/wxpay/merchant/orders/\(number)", token: cashier).json
  }

  func state(_ number: String) throws -> String? { try merchantOrder(number)["state"]?.string }

  /// The order's moves, as `from>to`.
  func moves(_ number: String) throws -> [String] {
    (try merchantOrder(number)["timeline"]?.array ?? []).compactMap { entry in
      guard let to = entry["to"]?.string else { return nil }
      return "\(entry["from"]?.string ?? "")>\(to)"
    }
  }

  func waitUntilPaid(_ number: String) throws {
    try eventually("order \(number) is paid") { try self.state(number) == "paid" }
  }

  /// Makes WeChat misbehave.
  func fault(_ endpoint: String, _ fault: String, count: Int = 1, milliseconds: Int = 0) throws {
    let reply = try control(
      "POST", "fault",
      [
        "endpoint": .string(endpoint), "fault": .string(fault), "count": .number("\(count)"),
        "milliseconds": .number("\(milliseconds)"),
      ])
    #expect(reply.status == 200, "\(reply.text)")
  }

  func clearFaults() throws { try control("POST", "fault/clear", [:]) }

  /// Everything WeChat has tried to tell the shop, oldest first.
  func notifications() throws -> [JSON] {
    try control("GET", "notifications").json["notifications"]?.array ?? []
  }

  func weChatOrders() throws -> [JSON] {
    try control("GET", "orders").json["orders"]?.array ?? []
  }

  /// WeChat's own record of an attempt.
  func ledger(_ outTradeNo: String) throws -> JSON {
    try control("GET", "order?out_trade_no=\(outTradeNo)").json
  }

  // MARK: refunds

  /// An order that is paid.
  func paidOrder(total: Int64 = 1990) throws -> (number: String, buyer: Buyer) {
    let (number, buyer, payment) = try unpaidOrder(total: total)
    try confirm(payment)
    try waitUntilPaid(number)
    return (number, buyer)
  }

  /// The buyer asks for money back.
  func applyForRefund(
    of number: String, _ buyer: Buyer, fee: Int64? = nil, kind: String = "unshipped",
    reason: String = "拍错了"
  ) throws -> Reply {
    try send(
      "POST", "/wxpay/refund-apply", token: buyer.token,
      json: [
        "out_trade_no": .string(number), "refund_fee": fee.map(JSON.init) ?? .null,
        "kind": .string(kind), "reason": .string(reason),
      ])
  }

  /// The merchant decides about a refund.
  func decide(
    _ verb: String, _ refund: String, _ json: JSON = [:], token: String? = nil
  ) throws -> Reply {
    try send(
      "POST", "/wxpay/merchant/refunds/\(refund)/\(verb)", token: token ?? reviewer, json: json)
  }

  /// A cashier refunds directly.
  func refund(
    _ number: String, fee: Int64, refundNumber: String? = nil, reason: String = "缺货"
  ) throws -> Reply {
    try send(
      "POST", "/wxpay/merchant/orders/\(number)/refunds", token: cashier,
      json: [
        "refund_fee": JSON(fee), "reason": .string(reason), "out_refund_no": JSON(refundNumber),
      ])
  }

  func refund(_ refundNumber: String) throws -> JSON {
    try send("GET", "/wxpay/merchant/refunds/\(refundNumber)", token: cashier).json
  }

  @discardableResult
  func waitUntil(_ refundNumber: String, is state: String) throws -> JSON {
    try wait(for: refundNumber, "state", state)
  }

  /// Waits until a refund's member has this value; an error tells the refund as it is.
  ///
  /// - Returns: The refund as it was then: the next attempt may change it at once.
  func wait(for refundNumber: String, _ member: String, _ value: String) throws -> JSON {
    var refund = JSON.null
    do {
      try eventually("refund \(refundNumber): \(member) \(value)") {
        refund = try self.refund(refundNumber)
        return refund[member]?.string == value
      }
    } catch {
      throw TestSupportError("\(error): \(String(decoding: refund.bytes, as: UTF8.self))")
    }
    return refund
  }
}
