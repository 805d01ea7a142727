import Server
import Testing

@testable import Simulator

@Suite struct UnifiedOrderTests {
  private let bench: Bench

  init() throws { bench = try Bench() }

  @Test(arguments: [SignType.md5, .hmacSHA256])
  func `an order gets a prepay session, signed like the request`(signType: SignType) throws {
    let reply = try bench.call("unifiedorder", try bench.order(), signType)
    #expect(reply.isSuccess)
    #expect(reply.message["trade_type"] == "JSAPI")
    let prepayID = try #require(reply.message["prepay_id"])
    #expect(prepayID.hasPrefix("wx20261121090000") && prepayID.utf8.count == 36)
    #expect(try bench.state() == "NOTPAY")
  }

  @Test func `every field of the manual is taken`() throws {
    var order = try bench.order()
    for (name, value) in [
      ("device_info", "013467007045764"), ("detail", "{\"goods_detail\":[{\"goods_id\":\"1\"}]}"),
      ("fee_type", "CNY"), ("time_start", "20261121085900"), ("time_expire", "20261121093000"),
      ("goods_tag", "WXG"), ("limit_pay", "no_credit"), ("receipt", "Y"),
      ("profit_sharing", "N"), ("scene_info", "{\"store_info\":{\"id\":\"1\"}}"),
      ("unheard_of", "signed like the rest"),
    ] {
      order[name] = value
    }
    let reply = try bench.call("unifiedorder", order)
    #expect(reply.isSuccess)
    #expect(reply.message["device_info"] == "013467007045764")
  }

  @Test(
    arguments: [
      "appid", "mch_id", "nonce_str", "body", "out_trade_no", "total_fee", "spbill_create_ip",
      "notify_url", "trade_type",
    ])
  func `a missing field is named, unsigned`(name: String) throws {
    let reply = try bench.call("unifiedorder", try bench.order().with(name, nil))
    #expect(reply.returnMessage == "缺少参数\(name)")
  }

  @Test func `an order without openid is refused`() throws {
    let reply = try bench.call("unifiedorder", try bench.order().with("openid", nil))
    #expect(reply.returnMessage == "JSAPI支付必须传openid")
  }

  @Test(
    arguments: [
      ("body", 127), ("attach", 127), ("out_trade_no", 32), ("notify_url", 256), ("openid", 128),
      ("nonce_str", 32), ("device_info", 32), ("detail", 6000), ("goods_tag", 32),
      ("spbill_create_ip", 64), ("scene_info", 256),
    ])
  func `a value may be as long as the manual says, in bytes`(name: String, limit: Int) throws {
    let order = try bench.order()
    let long = String(repeating: "中", count: limit / 3) + String(repeating: "a", count: limit % 3)
    let reply = try bench.call("unifiedorder", order.with(name, long))
    #expect(reply.returnMessage?.contains("长度") != true)
    let longer = try bench.call("unifiedorder", order.with(name, long + "a"))
    #expect(longer.returnMessage == "\(name)参数长度有误")
  }

  @Test(
    arguments: [
      ("total_fee", "0"), ("total_fee", "-1"), ("total_fee", "1.0"), ("total_fee", "01"),
      ("total_fee", " 1"), ("total_fee", "１"), ("total_fee", "1e2"),
      ("total_fee", "99999999999999999999"),
      ("out_trade_no", "12345"), ("out_trade_no", "abc@def1"), ("out_trade_no", "订单123456"),
      ("out_trade_no", "abc 1234"), ("fee_type", "USD"),
      ("notify_url", "http://shop.example/notify"), ("notify_url", "https://shop.example/n?a=1"),
      ("notify_url", "https:///n"), ("notify_url", "https://shop.example/支付"),
      ("trade_type", "jsapi"), ("time_start", "2026-11-21"), ("time_expire", "20260230000000"),
      ("limit_pay", "no_debit"), ("receipt", "N"), ("profit_sharing", "y"),
      ("detail", "{"), ("scene_info", "store"), ("body", "a\tb"), ("body", "a\nb"),
      ("attach", "\u{7F}"), ("openid", "oNobodyOfThatNameLoggedIn000"),
    ])
  func `a wrong value is a signed PARAM_ERROR`(name: String, value: String) throws {
    let reply = try bench.call("unifiedorder", try bench.order().with(name, value))
    #expect(reply.errorCode == "PARAM_ERROR")
    #expect(try bench.control("GET", "orders")["orders"] == [])
  }

  @Test(arguments: ["localhost", "1.2.3.256", "::ffff:101.226.125.108", "1.2.3.4,5.6.7.8"])
  func `a payer's address that is none is not looked at`(address: String) throws {
    let reply = try bench.call(
      "unifiedorder", try bench.order().with("spbill_create_ip", address))
    #expect(reply.returnMessage == "invalid spbill_create_ip")
    #expect(try bench.control("GET", "orders")["orders"] == [])
  }

  @Test func `an order must live for a minute`() throws {
    let order = try bench.order()
    for (expiry, isTaken) in [("20261121090059", false), ("20261121090100", true)] {
      let reply = try bench.call("unifiedorder", order.with("time_expire", expiry))
      #expect(reply.isSuccess == isTaken)
    }
  }

  @Test(arguments: ["NATIVE", "APP", "MWEB"])
  func `products other than the mini-program's are not enabled`(tradeType: String) throws {
    let reply = try bench.call("unifiedorder", try bench.order().with("trade_type", tradeType))
    #expect(reply.errorCode == "NOAUTH")
  }

  @Test(
    arguments: [
      ("mch_id", "1230000108", "商户号mch_id或sub_mch_id不存在"), ("mch_id", "M1", "mch_id参数格式错误"),
      ("appid", "wx0000000000000000", "商户号mch_id与appid不匹配"), ("appid", "wx1", "appid不存在"),
      ("appid", "wxD678EFH567HG6787", "appid不存在"), ("sign_type", "md5", "sign_type参数格式错误"),
    ])
  func `a stranger is told so, unsigned`(name: String, value: String, text: String) throws {
    let reply = try bench.call("unifiedorder", try bench.order().with(name, value))
    #expect(reply.returnMessage == text)
  }

  @Test func `a wrong signature is refused before anything else is looked at`() throws {
    let order = try bench.order().with("total_fee", "0")
    let reply = try bench.call("unifiedorder", order, key: "192006250b4c09247ec02edce69f6a2d")
    #expect(reply.returnMessage == "签名错误")
  }

  @Test func `bytes changed after signing are noticed`() throws {
    var order = try bench.order()
    order.sign(.md5, key: bench.settings.apiKey)
    for change in [("1990", "1991"), ("天天-零食", "天天-零食 "), ("<xml>", "<xml><x>1</x>")] {
      let text = order.document.replacing(change.0, with: change.1)
      let answer = try XMLReader.read(bench.send("unifiedorder", body: Array(text.utf8)).body)
      #expect(answer["return_msg"] == "签名错误")
    }
  }

  @Test func `a carriage return is lost in XML, so its signature is wrong`() throws {
    let reply = try bench.call("unifiedorder", try bench.order().with("body", "a\rb"))
    #expect(reply.returnMessage == "签名错误")
  }

  @Test(
    arguments: [
      ("GET", "<xml></xml>", "请使用post方法"), ("POST", "", "post数据为空"),
      ("POST", "{}", "XML格式错误"), ("POST", "<xml><a>😀</a></xml>", "XML格式错误"),
      ("POST", "<xml><a>\u{1}</a></xml>", "XML格式错误"),
      ("POST", "<!DOCTYPE a []><xml></xml>", "XML格式错误"),
    ])
  func `what is no request is refused`(method: String, body: String, text: String) throws {
    let response = bench.send("unifiedorder", method: method, body: Array(body.utf8))
    #expect(response.status == 200)
    #expect(
      String(decoding: response.body, as: UTF8.self)
        == "<xml><return_code><![CDATA[FAIL]]></return_code>\n"
        + "<return_msg><![CDATA[\(text)]]></return_msg>\n</xml>")
  }

  @Test func `text that is not UTF-8 is refused`() throws {
    let gbk = Array("<xml><body>".utf8) + [0xC4, 0xE3] + Array("</body></xml>".utf8)
    let answer = try XMLReader.read(bench.send("unifiedorder", body: gbk).body)
    #expect(answer["return_msg"] == "编码格式错误")
  }

  @Test(arguments: ["/pay/downloadbill", "/pay/", "/pay/unifiedorder/"])
  func `paths without a call are not found`(path: String) {
    let request = Request(route: "pay", method: "POST", path: path)
    #expect(bench.simulator.respond(to: request).status == 404)
  }

  @Test(arguments: ["pay", "", "unknown"])
  func `routes without the call are not found`(route: String) {
    let request = Request(route: route, method: "POST", path: "/secapi/pay/refund")
    #expect(bench.simulator.respond(to: request).status == 404)
  }
}
