import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// Who may ask for what about refunds, and what the others get.
@Suite(.serialized) struct RefundAccessTests {
  private static let site = Result { try Site.forRefunds(.init(hasSecondMerchant: true)) }
  private let site: Site

  init() throws { site = try Self.site.get() }

  /// What a refused request must leave alone.
  private func books() throws -> [String: Int64] {
    try site.digest().filter { ["payment", "refund", "notification", "journal"].contains($0.key) }
  }

  private func expect(
    _ code: String, _ status: Int, _ reply: Site.Reply, _ what: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      reply.code == code && reply.status == status, "\(what) \(reply.status) \(reply.text)",
      sourceLocation: sourceLocation)
  }

  /// An answer without the one member that may differ.
  private func shape(_ reply: Site.Reply) -> String {
    let members = (reply.json.members ?? []).filter { $0.name != "request_id" }
    return "\(reply.status) \(String(decoding: JSON.object(members).bytes, as: UTF8.self))"
  }

  private struct Way {
    let method: String
    let path: String
    var body: JSON = [:]
    /// Who may, of `reader`, `cashier` and `reviewer`.
    let roles: [String]
  }

  /// Every way to a merchant's refunds.
  private static func ways(_ order: String, _ refund: String) -> [Way] {
    let all = ["reader", "cashier", "reviewer"]
    let one = "/wxpay/merchant/refunds/\(refund)"
    return [
      Way(
        method: "POST", path: "/wxpay/merchant/orders/\(order)/refunds",
        body: ["refund_fee": 1, "reason": "x"], roles: ["cashier", "reviewer"]),
      Way(method: "GET", path: "/wxpay/merchant/refunds", roles: all),
      Way(method: "GET", path: one, roles: all),
      Way(method: "POST", path: one + "/approve", roles: ["reviewer"]),
      Way(method: "POST", path: one + "/reject", body: ["reason": "x"], roles: ["reviewer"]),
      Way(method: "POST", path: one + "/received", roles: ["reviewer"]),
      Way(method: "POST", path: one + "/withdraw", body: ["reason": "x"], roles: ["reviewer"]),
      Way(method: "POST", path: one + "/retry", roles: ["cashier", "reviewer"]),
    ]
  }

  private func send(_ way: Way, token: String?, query: String = "") throws -> Site.Reply {
    way.method == "GET"
      ? try site.send("GET", way.path + query, token: token)
      : try site.send("POST", way.path + query, token: token, json: way.body)
  }

  private func application() throws -> (order: String, buyer: Site.Buyer, refund: String) {
    let (order, buyer) = try site.paidOrder()
    let reply = try site.applyForRefund(of: order, buyer)
    return (order, buyer, try #require(reply.json["out_refund_no"]?.string, "\(reply.text)"))
  }

  @Test func `of two who have paid one order each sees and withdraws what goes back to them`()
    throws
  {
    let number = Site.number()
    try site.createOrder(number)
    let (first, second) = (try site.login(), try site.login())
    let early = try site.pay(number, first)
    try site.control("POST", "close", ["out_trade_no": .string(number)])
    try eventually("the first attempt is closed") {
      _ = try site.buyerOrder(number, first)
      return try site.state(number) == "closed"
    }
    let late = try site.pay(number, second)
    try site.confirm(late)
    try site.waitUntilPaid(number)
    let prepay = try #require(early.json["package"]?.string?.dropFirst("prepay_id=".count))
    try site.control("POST", "pay", ["prepay_id": .string(String(prepay)), "late": .bool(true)])
    try eventually("both are paid") {
      try site.count("payment", where: "order_no = '\(number)' AND state = 'paid'") == 2
    }
    // Two back to the first; the second of them still waits for the minute between them.
    let refunds = try ["eins", "zwei"].map { reason in
      let reply = try site.send(
        "POST", "/wxpay/merchant/orders/\(number)/refunds", token: site.cashier,
        json: [
          "refund_fee": 500, "reason": .string(reason), "out_trade_no": .string(number),
        ])
      return try #require(reply.json["out_refund_no"]?.string, "\(reply.text)")
    }
    let seen = try site.buyerOrder(number, second)
    #expect(seen["state"]?.string == "paid")
    #expect(seen["refunds"]?.array?.isEmpty == true, "\(seen)")
    #expect(seen["refunded_fee"]?.integer == 0)
    for refund in refunds {
      expect(
        "REFUND_NOT_FOUND", 404,
        try site.send(
          "POST", "/wxpay/refund-withdraw", token: second.token,
          json: ["out_trade_no": .string(number), "out_refund_no": .string(refund)]))
    }
    for refund in refunds { #expect(try site.refund(refund)["state"]?.string != "withdrawn") }
    let own = try site.buyerOrder(number, first)
    #expect(own["state"]?.string == "paid", "\(own)")
    #expect(own["out_trade_no"]?.string == number)
    #expect(own["refunds"]?.array?.map { $0["out_refund_no"]?.string } == refunds, "\(own)")
    let withdrawal = try site.send(
      "POST", "/wxpay/refund-withdraw", token: first.token,
      json: ["out_trade_no": .string(number), "out_refund_no": .string(refunds[1])])
    #expect(withdrawal.json["state"]?.string == "withdrawn", "\(withdrawal.text)")
  }

  @Test func `each role may do its own, and nobody without a token anything`() throws {
    let (order, buyer, refund) = try application()
    let tokens = [
      "reader": try site.token(role: "reader"), "cashier": site.cashier, "reviewer": site.reviewer,
    ]
    let (expired, revoked) = (try site.token(role: "reviewer"), try site.token(role: "reviewer"))
    for (token, change) in [(expired, "expires_at = 1"), (revoked, "revoked_at = 1")] {
      _ = try site.query(
        "UPDATE merchant_token SET \(change) WHERE token_hash = UNHEX(SHA2('\(token)', 256))")
    }
    let sent = try site.transmissions().count
    let before = try books()
    for way in Self.ways(order, refund) {
      for query in ["", "?test=true", "?token=\(site.reviewer)"] {
        for token in [nil, "", "x", String(repeating: "0", count: 64), buyer.token] {
          expect("TOKEN_INVALID", 401, try send(way, token: token, query: query), way.path)
        }
      }
      for token in [expired, revoked] {
        expect("TOKEN_INVALID", 401, try send(way, token: token), way.path)
      }
      for (role, token) in tokens where !way.roles.contains(role) {
        for query in ["", "?test=true", "?role=reviewer"] {
          expect("ROLE_INSUFFICIENT", 403, try send(way, token: token, query: query), way.path)
        }
      }
    }
    #expect(try books() == before)
    for way in Self.ways(order, refund) where way.method == "GET" {
      for (_, token) in tokens { #expect(try send(way, token: token).status == 200) }
    }
    #expect(try books() == before)
    #expect(try site.transmissions().count == sent)
  }

  @Test func `whom the shop names after the payment applies for nobody else's money`() throws {
    let (order, _) = try site.paidOrder()
    let other = try site.login()
    _ = try site.query(
      "UPDATE shop_order SET openid = '\(other.openID)' WHERE order_no = '\(order)'")
    let reply = try site.applyForRefund(of: order, other)
    #expect(reply.code == "ORDER_NOT_PAID", "\(reply.text)")
    #expect(try site.reserved(order) == 0)
  }

  @Test func `an address takes its own method only, and GET never refunds`() throws {
    let (order, buyer, refund) = try application()
    let client = CurlCommand(authorityFile: site.authorityFile)
    let buyers = ["refund-apply", "refund-withdraw"].map {
      Way(method: "POST", path: "/wxpay/" + $0, roles: [])
    }
    let sent = try site.transmissions().count
    let before = try books()
    for way in Self.ways(order, refund) + buyers {
      for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] where method != way.method
      {
        let token = way.roles.isEmpty ? buyer.token : site.reviewer
        let answer = try client.send(
          site.nginx.shopURL + way.path + "?out_trade_no=\(order)&kind=unshipped&reason=x",
          ["-X", method, "-H", "Authorization: Bearer \(token)"])
        #expect(answer.status == 405, "\(method) \(way.path) \(answer.body)")
      }
    }
    for path in ["", "/approve/", "/approve/x", "/refuse", "/%61pprove/x"] {
      let reply = try site.send(
        "POST", "/wxpay/merchant/refunds/\(refund)\(path)x", token: site.reviewer, json: [:])
      #expect([404, 405].contains(reply.status), "\(path) \(reply.text)")
    }
    for type in ["text/plain", "application/x-www-form-urlencoded", nil] {
      for verb in ["approve", "reject", "received", "withdraw"] {
        let reply = try site.send(
          "POST", "/wxpay/merchant/refunds/\(refund)/\(verb)", token: site.reviewer,
          body: Array("{\"reason\":\"x\"}".utf8), contentType: type)
        expect("UNSUPPORTED_MEDIA_TYPE", 415, reply)
      }
    }
    #expect(try books() == before)
    #expect(try site.transmissions().count == sent)
  }

  @Test func `what is another's looks like what is not there`() throws {
    let (order, buyer, refund) = try application()
    let stranger = try site.login()
    let (unknownOrder, unknownRefund) = (Site.number(), Site.refundNumber())
    let other = try site.token(role: "reviewer", merchant: "second")
    let before = try books()

    let apply: (String) throws -> Site.Reply = { number in
      try site.applyForRefund(of: number, stranger, fee: 1)
    }
    #expect(shape(try apply(order)) == shape(try apply(unknownOrder)))
    expect("ORDER_NOT_FOUND", 404, try apply(order))
    let withdraw: (Site.Buyer, String, String) throws -> Site.Reply = { buyer, order, refund in
      try site.send(
        "POST", "/wxpay/refund-withdraw", token: buyer.token,
        json: ["out_trade_no": .string(order), "out_refund_no": .string(refund)])
    }
    #expect(
      shape(try withdraw(stranger, order, refund))
        == shape(try withdraw(stranger, unknownOrder, unknownRefund)))
    // One's own order with somebody else's refund.
    let (own, owner) = try site.paidOrder()
    let settled = try books()
    #expect(
      shape(try withdraw(owner, own, refund)) == shape(try withdraw(owner, own, unknownRefund)))
    expect("REFUND_NOT_FOUND", 404, try withdraw(owner, own, refund))

    for (theirs, nobodys) in zip(Self.ways(order, refund), Self.ways(unknownOrder, unknownRefund)) {
      #expect(
        shape(try send(theirs, token: other)) == shape(try send(nobodys, token: other)),
        "\(theirs.path)")
    }
    #expect(
      try site.send("GET", "/wxpay/merchant/refunds", token: other).json["refunds"] == [])
    #expect(try books() == settled)
    #expect(before["refund"] == settled["refund"])
    #expect(try site.refund(refund)["state"]?.string == "applied")
    _ = buyer
  }

  // MARK: what is written in a request

  private static let amounts = [
    "0", "-1", "1.0", "1e2", "\"100\"", "true", "[100]", "{}", "0100", "100.5", "1000000000",
    "99999999999999999999999", "1990,\"refund_fee\":1", "1990,\"total_fee\":1",
    "100,\"state\":\"approved\"", "100,\"transaction_id\":\"4200\"", "0x64", "NaN", "+100",
  ]

  @Test func `an amount that is none, and a field that is none, are refused`() throws {
    let (order, buyer, refund) = try application()
    _ = try site.decide("reject", refund, ["reason": "x"])
    let standing = try site.applyForRefund(of: order, buyer, fee: 1000)
    let number = try #require(standing.json["out_refund_no"]?.string)
    let before = try books()
    for amount in Self.amounts {
      for (path, token, rest) in [
        (
          "/wxpay/refund-apply", buyer.token,
          ",\"out_trade_no\":\"\(order)\",\"kind\":\"unshipped\""
        ),
        ("/wxpay/merchant/orders/\(order)/refunds", site.cashier, ""),
        ("/wxpay/merchant/refunds/\(number)/approve", site.reviewer, ""),
      ] {
        let body = "{\"refund_fee\":\(amount),\"reason\":\"x\"\(rest)}"
        expect(
          "MALFORMED_REQUEST", 400,
          try site.send("POST", path, token: token, body: Array(body.utf8)), body)
      }
    }
    for body in [
      "", "{", "[]", "null", "{\"refund_fee\":1}", "{\"reason\":\"x\"}",
      "{\"refund_fee\":1,\"reason\":null}", "{\"refund_fee\":1,\"reason\":\"\"}",
      "{\"refund_fee\":1,\"reason\":\"\(String(repeating: "字", count: 81))\"}",
      "{\"refund_fee\":1,\"reason\":\"nul \\u0000\"}", "{\"refund_fee\":1,\"reason\":7}",
      "{\"refund_fee\":1,\"reason\":\"x\",\"kind\":\"vendor_platform\"}",
      "{\"refund_fee\":1,\"reason\":\"x\",\"kind\":\"other\"}",
      "{\"refund_fee\":1,\"reason\":\"x\",\"out_refund_no\":\"\"}",
      "{\"refund_fee\":1,\"reason\":\"x\",\"out_refund_no\":\"a b\"}",
      "{\"refund_fee\":1,\"reason\":\"x\",\"out_refund_no\":\"退款\"}",
      "{\"refund_fee\":1,\"reason\":\"x\",\"out_refund_no\":\"\(String(repeating: "x", count: 65))\"}",
      "{\"refund_fee\":1,\"reason\":\"x\",\"reason\":\"y\"}",
      "{\"refund_fee\":1,\"reason\":\"x\",\"test\":true}",
    ] {
      expect(
        "MALFORMED_REQUEST", 400,
        try site.send(
          "POST", "/wxpay/merchant/orders/\(order)/refunds", token: site.cashier,
          body: Array(body.utf8)), body)
    }
    for (member, value) in [
      ("kind", "\"vendor_platform\""), ("kind", "null"), ("reason", "null"),
      ("out_refund_no", "\"R123456\""), ("openid", "\"o1\""), ("test", "true"),
    ] {
      var members = [
        "out_trade_no": "\"\(order)\"", "kind": "\"unshipped\"", "reason": "\"x\"",
        "refund_fee": "1",
      ]
      members[member] = value
      let body = "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
      expect(
        "MALFORMED_REQUEST", 400,
        try site.send("POST", "/wxpay/refund-apply", token: buyer.token, body: Array(body.utf8)),
        body)
    }
    expect("REFUND_EXCEEDS_PAYMENT", 409, try site.applyForRefund(of: order, buyer, fee: 991))
    expect("REFUND_EXCEEDS_PAYMENT", 409, try site.refund(order, fee: 991))
    expect("REFUND_EXCEEDS_PAYMENT", 409, try site.refund(order, fee: 999_999_999))
    #expect(try books() == before)
  }
}
