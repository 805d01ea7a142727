import Server
import Testing

@testable import Simulator

/// What the simulator says about each call.
@Suite struct EventLogTests {
  private let bench: Bench

  init() throws { bench = try Bench() }

  @Test func `each call is a line with its number and its outcome`() throws {
    let order = try bench.order()
    _ = try bench.call("unifiedorder", order, key: "another key")
    _ = try bench.call("unifiedorder", order.with("limit_pay", "no_debit"))
    _ = try bench.call("unifiedorder", order)
    _ = try bench.call("orderquery", bench.question(Field("out_trade_no", "ORDER-1")))
    _ = try bench.call("closeorder", bench.question(Field("out_trade_no", "ORDER-2")))
    _ = bench.send("unknown", body: [])
    #expect(
      bench.heard.all == [
        "unifiedorder out_trade_no=ORDER-1 result=FAIL: 签名错误 total_fee=1990",
        "unifiedorder out_trade_no=ORDER-1 result=PARAM_ERROR: limit_pay参数格式错误"
          + " total_fee=1990",
        "unifiedorder out_trade_no=ORDER-1 result=SUCCESS total_fee=1990",
        "orderquery out_trade_no=ORDER-1 result=SUCCESS trade_state=NOTPAY",
        "closeorder out_trade_no=ORDER-2 result=ORDERNOTEXIST: order not exist",
        "no such call path=/pay/unknown",
      ])
  }

  @Test func `a fault is told, and whether anything was done`() throws {
    let order = try bench.order()
    for fault in ["drop_before", "drop_after"] {
      try bench.control(
        "POST", "fault", ["endpoint": "unifiedorder", "fault": .string(fault), "count": 1])
      var signed = order
      signed.sign(.md5, key: bench.settings.apiKey)
      _ = bench.send("unifiedorder", body: Array(signed.document.utf8))
    }
    #expect(
      bench.heard.all == [
        "unifiedorder fault=drop_before out_trade_no=ORDER-1 result=nothing was done"
          + " total_fee=1990",
        "unifiedorder fault=drop_after out_trade_no=ORDER-1 result=SUCCESS total_fee=1990",
      ])
  }

  @Test func `a login is told without its code and openid`() throws {
    let openID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
    let code = try #require(
      try bench.control("POST", "login", ["openid": .string(openID)])["code"]?.string)
    for code in [code, code, "a-code-of-nobody"] {
      let query =
        "appid=\(bench.settings.appID)&secret=\(bench.settings.appSecret)&js_code=\(code)"
        + "&grant_type=authorization_code"
      _ = bench.simulator.respond(
        to: Request(route: "login", method: "GET", path: "/sns/jscode2session", query: query))
    }
    #expect(
      bench.heard.all == [
        "jscode2session result=SUCCESS", "jscode2session result=40163: code been used",
        "jscode2session result=40029: invalid code",
      ])
  }
}
