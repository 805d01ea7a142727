import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// Bad input, and what it gets: a stable code, the right status, a sentence, and nothing changed.
@Suite(.serialized) struct RefusalTests {
  private static let site = Result { try Site() }
  private let site: Site

  init() throws { site = try Self.site.get() }

  private func expect(
    _ code: String, _ status: Int, _ reply: Site.Reply, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      reply.code == code && reply.status == status, "\(what) \(reply.status) \(reply.text)",
      sourceLocation: sourceLocation)
    #expect(
      reply.json["message"]?.string?.hasSuffix(".") == true, "\(reply.text)",
      sourceLocation: sourceLocation)
    #expect(
      reply.json["request_id"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
  }

  static let badOrders: [String] = [
    "", "{", "[]", "null", "\"text\"", "{}", "{\"total_fee\":1}", "{} {}", "\u{FEFF}{}",
    order("total_fee", "0"), order("total_fee", "-1"), order("total_fee", "1.0"),
    order("total_fee", "1e3"), order("total_fee", "\"1990\""), order("total_fee", "null"),
    order("total_fee", "1000000000"), order("total_fee", "99999999999999999999999"),
    order("total_fee", "19.90"), order("total_fee", "true"), order("total_fee", "[1]"),
    order("total_fee", "01"), order("total_fee", "1990,\"total_fee\":1"),
    order("out_trade_no", "\"12345\""), order("out_trade_no", "\"订单123456\""),
    order("out_trade_no", "\"abc@def1\""), order("out_trade_no", "123456"),
    order("out_trade_no", "\"\(String(repeating: "x", count: 33))\""),
    order("body", "\"\""), order("body", "\"emoji 😀\""), order("body", "\"tab\\there\""),
    order("body", "\"\(String(repeating: "字", count: 43))\""), order("body", "7"),
    order("openid", "\"with space\""), order("expires_at", "\"tomorrow\""),
    order("detail", "\"\(String(repeating: "x", count: 6001))\""),
    order("attach", "\"uid=5&openid=oXYZ\""), order("attach", "\"x&total_fee=1\""),
    order("body", "\"tea\u{9B}2J\""), order("body", "\"tea \\u202e9.9\""), order("body", "\"　\""),
    order("attach", "\"a\u{2028}b\""),
    order("surprise", "1"), order("body", "\"nul \\u0000\""), order("body", "\"\\ud800\""),
  ]

  /// A good order with one member replaced or added.
  private static func order(_ name: String, _ value: String) -> String {
    var members = [
      "out_trade_no": "\"20261121-7\"", "total_fee": "1990", "body": "\"腾讯-游戏\"",
    ]
    members[name] = value
    return "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
  }

  @Test(arguments: badOrders)
  func `a malformed order is refused`(body: String) throws {
    let before = try site.query("SELECT COUNT(*) AS n FROM shop_order")[0].integer("n")
    expect(
      "MALFORMED_REQUEST", 400,
      try site.send(
        "POST", "/wxpay/merchant/orders", token: site.cashier, body: Array(body.utf8)), body)
    #expect(
      try site.query("SELECT COUNT(*) AS n FROM shop_order")[0].integer("n") == before)
  }

  @Test(
    arguments: [
      ("[]", "it is JSON, but no object"), ("null", "it is JSON, but no object"),
      ("7", "it is JSON, but no object"), ("\"goods\"", "it is JSON, but no object"),
      ("goods", "Not JSON, after 0 bytes"), ("{\"a\":1", "Not JSON, after 6 bytes"),
      ("", "Not JSON, after 0 bytes"),
      ("{\"a\":\n1}", "a line end"), ("{\"a\":\"😀\"}", "an emoji"),
    ])
  func `goods that are no JSON object are refused, and the cause is named`(
    detail: String, cause: String
  ) throws {
    let number = Site.number()
    let reply = try site.send(
      "POST", "/wxpay/merchant/orders", token: site.cashier,
      json: [
        "out_trade_no": .string(number), "total_fee": 1990, "body": "茶", "detail": .string(detail),
      ])
    expect("MALFORMED_REQUEST", 400, reply, detail)
    let message = try #require(reply.json["message"]?.string)
    #expect(message.hasPrefix("detail: expected the text of a JSON object"), "\(message)")
    #expect(message.contains(cause), "\(message)")
    #expect(try site.count("shop_order", where: "order_no = '\(number)'") == 0)
  }

  @Test func `refused requests change nothing`() throws {
    let site = try Site()
    let (number, buyer, _) = try site.unpaidOrder()
    let reader = try site.token(role: "reader")
    let before = try site.digest()
    let orders = "/wxpay/merchant/orders"

    expect(
      "ORDER_CONFLICT", 409,
      try site.send(
        "POST", orders, token: site.cashier,
        json: ["out_trade_no": .string(number), "total_fee": 1, "body": "x"]))
    expect(
      "ROLE_INSUFFICIENT", 403,
      try site.send(
        "POST", orders, token: reader,
        json: ["out_trade_no": "20261121-8", "total_fee": 1, "body": "x"]))
    expect(
      "ROLE_INSUFFICIENT", 403, try site.send("POST", "\(orders)/\(number)/close", token: reader))
    for token in [nil, "", "x", String(repeating: "0", count: 64), buyer.token] {
      expect("TOKEN_INVALID", 401, try site.send("GET", orders, token: token))
    }
    for token in [nil, "", "x", String(repeating: "0", count: 64), site.cashier] {
      expect(
        "LOGIN_REQUIRED", 401,
        try site.send(
          "POST", "/wxpay/pay", token: token, json: ["out_trade_no": .string(number)]))
    }
    expect("ORDER_NOT_FOUND", 404, try site.send("GET", "\(orders)/UNKNOWN-1", token: site.cashier))
    expect("ORDER_NOT_FOUND", 404, try site.pay("UNKNOWN-1", buyer))
    expect("METHOD_NOT_ALLOWED", 405, try site.send("GET", "/wxpay/pay", token: buyer.token))
    expect(
      "METHOD_NOT_ALLOWED", 405,
      try site.send("GET", "\(orders)/\(number)/close", token: site.cashier))
    expect("METHOD_NOT_ALLOWED", 405, try site.send("POST", "/wxpay/order?out_trade_no=\(number)"))
    expect("ROUTE_NOT_FOUND", 404, try site.send("GET", "/wxpay/merchant/", token: site.cashier))
    expect(
      "ROUTE_NOT_FOUND", 404, try site.send("GET", "\(orders)/\(number)/more", token: site.cashier))
    for type in ["text/plain", "application/x-www-form-urlencoded", nil] {
      expect(
        "UNSUPPORTED_MEDIA_TYPE", 415,
        try site.send(
          "POST", "/wxpay/pay", token: buyer.token,
          body: Array("{\"out_trade_no\":\"\(number)\"}".utf8), contentType: type))
    }
    for body in ["{\"out_trade_no\":1}", "{}", "{\"out_trade_no\":\"x\"}", "\u{0}"] {
      expect(
        "MALFORMED_REQUEST", 400,
        try site.send("POST", "/wxpay/pay", token: buyer.token, body: Array(body.utf8)), body)
    }
    expect(
      "MALFORMED_REQUEST", 400,
      try site.send("POST", "/wxpay/pay", token: buyer.token, body: [0x7B, 0xFF, 0x7D]))
    expect(
      "AMOUNT_MISMATCH", 409,
      try site.send(
        "POST", "/wxpay/pay", token: buyer.token,
        json: ["out_trade_no": .string(number), "total_fee": 1]))
    expect(
      "MALFORMED_REQUEST", 400,
      try site.send(
        "POST", "/wxpay/pay", token: buyer.token,
        body: Array("{\"out_trade_no\":\"\(number)\",\"total_fee\":1990.0}".utf8)))
    for query in [
      "", "?out_trade_no=", "?out_trade_no=%FF", "?out_trade_no=%+1%4",
      "?state=1",
    ] {
      expect(
        "MALFORMED_REQUEST", 400,
        try site.send("GET", "/wxpay/order\(query)", token: buyer.token), query)
    }
    for query in ["?state=gone", "?from=today", "?cursor=x", "?limit=0", "?limit=201"] {
      expect(
        "MALFORMED_REQUEST", 400, try site.send("GET", orders + query, token: site.cashier), query)
    }
    let large = try site.send(
      "POST", orders, token: site.cashier, body: Array(repeating: 0x20, count: 65_537))
    #expect(large.status == 413 && large.code == "BODY_TOO_LARGE")
    let junk = try site.send(
      "POST", "/wxpay/receive-notify", body: Array(repeating: 0x41, count: 1 << 20))
    #expect(junk.status == 413)

    #expect(try site.digest() == before)
  }

  @Test func `a login code works once and says what to do next`() throws {
    let code = try site.control("POST", "login", [:]).json["code"] ?? .null
    #expect(try site.send("POST", "/wxpay/login", json: ["code": code]).status == 200)
    expect("LOGIN_CODE_INVALID", 400, try site.send("POST", "/wxpay/login", json: ["code": code]))
    expect(
      "LOGIN_CODE_INVALID", 400, try site.send("POST", "/wxpay/login", json: ["code": "made-up"]))
    expect("MALFORMED_REQUEST", 400, try site.send("POST", "/wxpay/login", json: [:]))
  }

  @Test func `an expired order cannot be paid`() throws {
    let number = Site.number()
    try site.createOrder(number)
    try site.execute(
      "UPDATE shop_order SET expires_at = 1577836800000000 WHERE order_no = '\(number)'")
    expect("ORDER_EXPIRED", 409, try site.pay(number, try site.login()))
  }

  @Test
  func `an order's time must be usable when it is created, and may be over when it is repeated`()
    throws
  {
    let now = Int64(Date().timeIntervalSince1970)
    func text(_ seconds: Int64) -> String {
      ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(now + seconds)))
    }
    func create(_ number: String, _ seconds: Int64) throws -> Site.Reply {
      try site.send(
        "POST", "/wxpay/merchant/orders", token: site.cashier,
        json: [
          "out_trade_no": .string(number), "total_fee": 1990, "body": "茶叶",
          "expires_at": .string(text(seconds)),
        ])
    }
    for seconds in [-86_400, 0, 50, 8 * 86_400, 7000 * 365 * 86_400] as [Int64] {
      let number = Site.number()
      let reply = try create(number, seconds)
      expect("MALFORMED_REQUEST", 400, reply)
      #expect(reply.json["message"]?.string?.contains("1 minute to 7 days ahead") == true)
      #expect(try site.count("shop_order", where: "order_no = '\(number)'") == 0)
    }
    let number = Site.number()
    #expect(try create(number, 3600).status == 201)
    // As it will look when it is repeated the day after tomorrow.
    try site.execute(
      "UPDATE shop_order SET expires_at = \((now - 60) * 1_000_000)"
        + " WHERE order_no = '\(number)'")
    #expect(try create(number, -60).status == 200)
    expect("MALFORMED_REQUEST", 400, try create(number, -61))
  }

  @Test func `who has logged out is logged out`() throws {
    let buyer = try site.login()
    let number = Site.number()
    try site.createOrder(number)
    #expect(try site.pay(number, buyer).status == 200)
    for _ in 0..<2 {
      let answer = try CurlCommand(authorityFile: site.authorityFile).send(
        site.nginx.shopURL + "/wxpay/login",
        ["-X", "DELETE", "-H", "Authorization: Bearer \(buyer.token)"])
      #expect(answer.status == 200, "\(answer.body)")
    }
    expect("LOGIN_REQUIRED", 401, try site.pay(number, buyer))
  }

  @Test func `a paid order cannot be paid again`() throws {
    let (number, buyer, payment) = try site.unpaidOrder()
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    expect("ORDER_PAID", 409, try site.pay(number, buyer))
  }

  @Test func `an order with a named payer is nobody else's`() throws {
    let number = Site.number()
    try site.createOrder(number, openID: "oSomebodyElse")
    expect("ORDER_NOT_FOUND", 404, try site.pay(number, try site.login()))
  }

  @Test func `dead tokens are as good as none`() throws {
    let site = try Site(.init(apiWorkers: 2))
    let number = Site.number()
    try site.createOrder(number)
    let buyer = try site.login()
    let reader = try site.token(role: "reader")
    _ = try site.query("UPDATE login_session SET expires_at = 1")
    _ = try site.query("UPDATE merchant_token SET expires_at = 1 WHERE role = 'reader'")
    expect("LOGIN_REQUIRED", 401, try site.pay(number, buyer))
    expect("TOKEN_INVALID", 401, try site.send("GET", "/wxpay/merchant/orders", token: reader))
    _ = try site.query("UPDATE merchant_token SET revoked_at = 1 WHERE role = 'cashier'")
    expect(
      "TOKEN_INVALID", 401, try site.send("GET", "/wxpay/merchant/orders", token: site.cashier))
  }

  @Test func `merchants do not see each other's orders`() throws {
    let site = try Site(.init(apiWorkers: 2, hasSecondMerchant: true))
    let number = Site.number()
    try site.createOrder(number)
    let other = try site.token(role: "cashier", merchant: "second")
    let orders = "/wxpay/merchant/orders"
    expect("ORDER_NOT_FOUND", 404, try site.send("GET", "\(orders)/\(number)", token: other))
    expect("ORDER_NOT_FOUND", 404, try site.send("POST", "\(orders)/\(number)/close", token: other))
    #expect(try site.send("GET", orders, token: other).json["orders"] == [])
    // The number is free for the other merchant, with other content.
    let created = try site.send(
      "POST", orders, token: other,
      json: ["out_trade_no": JSON(number), "total_fee": 1, "body": "other"])
    #expect(created.status == 201)
    #expect(try site.merchantOrder(number)["total_fee"]?.integer == 1990)
    // Two merchants: the login must say whose mini-program it is.
    let code = try site.control("POST", "login", [:]).json["code"] ?? .null
    expect("MALFORMED_REQUEST", 400, try site.send("POST", "/wxpay/login", json: ["code": code]))
    let token = try site.send(
      "POST", "/wxpay/login", json: ["code": code, "merchant": "main"]
    ).json["token"]?.string
    let payment = try site.send(
      "POST", "/wxpay/pay", token: token, json: ["out_trade_no": JSON(number)])
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    // A genuine message of one merchant is a forgery at the other's address.
    let body = try site.query("SELECT body FROM notification")[0].bytes("body")
    let reply = try site.send(
      "POST", "/wxpay/receive-notify/second", body: body, contentType: "text/xml")
    #expect(reply.text.contains("<![CDATA[FAIL]]>"))
    let state = try site.send("GET", "\(orders)/\(number)", token: other).json["state"]
    #expect(state?.string == "created")
  }

  @Test func `a refusal says in HTTP's own words what to do`() throws {
    let client = CurlCommand(authorityFile: site.authorityFile)
    let pay = site.nginx.shopURL + "/wxpay/pay"
    #expect(try client.send(pay, ["-i"]).body.lowercased().contains("\r\nallow: post\r\n"))
    let unknown = try client.send(pay, ["-i", "-H", "Content-Type: application/json", "-d", "{}"])
    #expect(unknown.body.lowercased().contains("\r\nwww-authenticate: bearer\r\n"))
  }
}
