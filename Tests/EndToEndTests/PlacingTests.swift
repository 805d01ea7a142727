import Foundation
import Server
import TestSupport
import Testing

/// WeChat refuses to place an order: what is told to whom, and how the order becomes payable again.
@Suite(.serialized) struct PlacingTests {
  private func refuse(_ site: Site, _ code: String, count: Int64) throws {
    let reply = try site.control(
      "POST", "fault",
      [
        "endpoint": "unifiedorder", "fault": "refuse", "code": JSON(code), "count": JSON(count),
      ])
    #expect(reply.status == 200, "\(reply.text)")
  }

  private func change(_ site: Site, _ old: String, _ new: String) throws {
    let settings = try String(contentsOfFile: site.configuration, encoding: .utf8)
    #expect(settings.contains(old))
    try settings.replacing(old, with: new)
      .write(toFile: site.configuration, atomically: true, encoding: .utf8)
    try site.restartGateway()
  }

  private func order(_ site: Site) throws -> (number: String, buyer: Site.Buyer) {
    let number = Site.number()
    try site.createOrder(number)
    return (number, try site.login())
  }

  private func history(_ site: Site, _ number: String, _ event: String) throws -> [JSON] {
    (try site.merchantOrder(number)["timeline"]?.array ?? []).filter {
      $0["event"]?.string == event
    }
  }

  @Test func `a refused order is not asked at WeChat again at once, and is told once`() throws {
    // In real time: the ten seconds are not over when the buyer presses again.
    let site = try Site(.init(apiWorkers: 4, haste: 1))
    let (number, buyer) = try order(site)
    // Asked once more, WeChat would take it.
    try refuse(site, "PARAM_ERROR", count: 1)
    let first = try site.pay(number, buyer)
    #expect(first.code == "WECHAT_REFUSED" && first.status == 502, "\(first.text)")
    // The buyer reads the class, not WeChat's text.
    #expect(first.json["message"]?.string == "WeChat refused the order (PARAM_ERROR).")
    for _ in 0..<3 {
      let again = try site.pay(number, buyer)
      #expect(again.status == 502 && again.json["message"] == first.json["message"])
    }
    let told = try history(site, number, "refused")
    #expect(told.count == 1)
    #expect(told.first?["detail"]?.string?.contains("模拟器按要求拒绝") == true)
  }

  @Test func `after a refusal that changed nothing the next press places fresh parameters`() throws
  {
    let site = try Site(.init(apiWorkers: 4))
    let (number, buyer) = try order(site)
    try refuse(site, "PARAM_ERROR", count: 1)
    #expect(try site.pay(number, buyer).code == "WECHAT_REFUSED")
    try site.execute("UPDATE shop_order SET body = 'tea' WHERE order_no = '\(number)'")
    try eventually("the order can be paid") { try site.pay(number, buyer).status == 200 }
    #expect(try site.merchantOrder(number)["out_trade_no"]?.string == "\(number)-2")
    #expect(try site.ledger(number)["state"] == nil)
    try site.confirm(try site.pay(number, buyer))
    try site.waitUntilPaid(number)
  }

  @Test func `a wrong key is called so, and mended nothing is lost`() throws {
    let site = try Site(.init(apiWorkers: 4))
    let (number, buyer) = try order(site)
    let (open, _, _) = try site.unpaidOrder()
    try change(site, "api_key_file: api.key", "api_key_file: second.key")
    let refused = try site.pay(number, buyer)
    #expect(refused.code == "PAYMENT_MISCONFIGURED" && refused.status == 500, "\(refused.text)")
    #expect(refused.text.contains("签名错误"))
    #expect(try history(site, number, "unanswered").count == 1)
    // What WeChat did not sign proves nothing.
    #expect(try site.state(number) == "created")
    let close = "/wxpay/merchant/orders/\(open)/close"
    let kept = try site.send("POST", close, token: site.cashier)
    #expect(kept.code == "PAYMENT_MISCONFIGURED", "\(kept.text)")
    #expect(kept.text.contains("签名错误"))
    #expect(try site.state(open) == "unpaid")
    try change(site, "api_key_file: second.key", "api_key_file: api.key")
    try eventually("the order can be paid") { try site.pay(number, buyer).status == 200 }
    #expect(try site.merchantOrder(number)["out_trade_no"]?.string == number)
  }

  @Test func `a corrected merchant number opens a fresh attempt`() throws {
    let site = try Site(.init(apiWorkers: 4))
    let (number, buyer) = try order(site)
    try change(site, "mch_id: \"\(Site.merchantID)\"", "mch_id: \"1230000199\"")
    let refused = try site.pay(number, buyer)
    #expect(refused.code == "PAYMENT_MISCONFIGURED", "\(refused.text)")
    try change(site, "mch_id: \"1230000199\"", "mch_id: \"\(Site.merchantID)\"")
    try eventually("the order can be paid", within: .seconds(30)) {
      try site.pay(number, buyer).status == 200
    }
    #expect(try site.merchantOrder(number)["out_trade_no"]?.string == "\(number)-2")
    try site.confirm(try site.pay(number, buyer))
    try site.waitUntilPaid(number)
  }

  @Test func `a slow WeChat is not called a slow database`() throws {
    let site = try Site(.init(apiWorkers: 4, apiDeadlineSeconds: 3))
    let (number, buyer, _) = try site.unpaidOrder()
    try site.execute("UPDATE shop_order SET total_fee = 990 WHERE order_no = '\(number)'")
    // Each call alone is quick enough.
    for endpoint in ["orderquery", "closeorder"] {
      try site.fault(endpoint, "delay", count: 0, milliseconds: 2000)
    }
    #expect(try site.pay(number, buyer).code == "WECHAT_UNAVAILABLE")
    try site.clearFaults()
    #expect(try site.pay(number, buyer).status == 200)
    #expect(try site.merchantOrder(number)["total_fee"]?.integer == 990)
  }

  @Test func `neither is it when the merchant closes or refunds`() throws {
    let site = try Site(.init(apiWorkers: 4, merchantDeadlineSeconds: 3))
    let (paid, _) = try site.paidOrder()
    let (number, _, _) = try site.unpaidOrder()
    for endpoint in ["orderquery", "closeorder"] {
      try site.fault(endpoint, "delay", count: 0, milliseconds: 2000)
    }
    let close = "/wxpay/merchant/orders/\(number)/close"
    #expect(try site.send("POST", close, token: site.cashier).code == "WECHAT_UNAVAILABLE")
    try site.fault("refund", "delay", count: 1, milliseconds: 4000)
    let refund = try site.refund(paid, fee: 1990)
    #expect(refund.status == 201, "\(refund.text)")
    #expect(refund.json["state"]?.string == "sending", "\(refund.text)")
    try site.clearFaults()
    #expect(try site.send("POST", close, token: site.cashier).status == 200)
  }

  @Test func `an order of another appid's buyer is not found, and the log says why`() throws {
    let site = try Site(.init(apiWorkers: 4))
    let number = Site.number()
    try site.createOrder(number, openID: "oOfficialAccount1")
    let refused = try site.pay(number, try site.login())
    #expect(refused.status == 404 && refused.code == "ORDER_NOT_FOUND")
    #expect(!refused.text.contains("openid"))
    try site.waitForLog("names another openid")
    #expect(!site.gatewayLog().contains("oOfficialAccount1"))
  }

  @Test func `the log names WeChat's reason for a refused login`() throws {
    let site = try Site(.init(apiWorkers: 4))
    let reply = try site.send(
      "POST", "/wxpay/login", json: ["code": "0a1b2c3d4e5f6071829304a5b6c7d8e9"])
    #expect(reply.code == "LOGIN_CODE_INVALID", "\(reply.text)")
    try site.waitForLog("errcode 40029")
    #expect(!site.gatewayLog().contains("app-secret"))
  }
}
