import Curl
import Payments
import Pooling
import TestSupport
import Testing

@testable import WeChatPay

/// The conversation over real TLS, with hosts that answer what a test gave them.
@Suite struct WeiXinPayTests {
  private let standIns: StandIns

  init() throws { standIns = try StandIns() }

  private func conversation(
    _ hosts: WeChatHosts, merchant: Merchant = Sample.merchant(), seconds: Int = 20
  ) -> WeiXinPay {
    WeiXinPay(merchant: merchant, hosts: hosts, deadline: .now + .seconds(seconds))
  }

  private static let identity: Fields = [
    "return_code": "SUCCESS", "appid": "wx0123456789abcdef", "mch_id": "1900000109",
    "nonce_str": "N1", "result_code": "SUCCESS",
  ]

  private func answer(_ fields: Fields, _ type: SignType = .md5) -> StandIn.Answer {
    var answer = Self.identity
    for (name, value) in fields { answer[name] = value }
    return .page(FlatXML.write(Sample.signed(answer, type)))
  }

  private var prepared: StandIn.Answer {
    answer(["trade_type": "JSAPI", "prepay_id": "wx201410272009395522657a690389285100"])
  }

  @Test func `an order is sent as recorded, signed, and repeated with the same words`() throws {
    let host = try standIns.host(["/pay/unifiedorder": prepared])
    let hosts = standIns.hosts(host.url)
    let order = try Sample.unifiedOrder(Sample.order(detail: "{\"a\":\"<&>\"}"))
    for _ in 0..<2 {
      let prepayID = try conversation(hosts).pay(UnifiedOrder(stored: order.stored))
      #expect(prepayID.text == "wx201410272009395522657a690389285100")
    }
    try host.waitForRequests(2)
    var nonces: Set<String> = []
    for request in host.received {
      #expect(request.line == "POST /pay/unifiedorder")
      var fields = try FlatXML.read(Array(request.body.utf8))
      try Signature.verify(fields, key: Sample.key, expected: .md5)
      nonces.insert(try #require(fields["nonce_str"]))
      fields["nonce_str"] = nil
      fields["sign"] = nil
      #expect(fields == order.fields)
    }
    #expect(nonces.count == 2)
  }

  @Test func `an order keeps its algorithm when the merchant's has changed`() throws {
    let host = try standIns.host([
      "/pay/unifiedorder": answer(["prepay_id": "wx1"], .hmacSHA256)
    ])
    let order = try Sample.unifiedOrder(merchant: Sample.merchant(signType: .hmacSHA256))
    #expect(try conversation(standIns.hosts(host.url)).pay(order).text == "wx1")
    try host.waitForRequests(1)
    let sent = try FlatXML.read(Array(#require(host.received.first).body.utf8))
    try Signature.verify(sent, key: Sample.key, expected: .hmacSHA256)
  }

  @Test func `an order of another merchant is not sent`() throws {
    let host = try standIns.host(["/pay/unifiedorder": prepared])
    for merchant in [
      Sample.merchant(merchantID: "1900000108"), Sample.merchant(appID: "wxffffffffffffffff"),
    ] {
      let order = try Sample.unifiedOrder(merchant: merchant)
      let error = try #require(throws: WeChatPayError.self) {
        try conversation(standIns.hosts(host.url)).pay(order)
      }
      #expect(error.outcome == .didNotHappen)
      #expect(error.handling == .configure)
    }
    #expect(host.received.isEmpty)
  }

  @Test func `a paid order comes with its proof`() throws {
    var paid = Sample.notification
    paid["trade_state"] = "SUCCESS"
    let host = try standIns.host(["/pay/orderquery": answer(paid)])
    let found = try conversation(standIns.hosts(host.url)).query(Sample.number)
    #expect(found.tradeState == .success)
    #expect(found.proof?.total.amount == 26900)
    try host.waitForRequests(1)
    let sent = try FlatXML.read(Array(#require(host.received.first).body.utf8))
    #expect(sent["out_trade_no"] == Sample.number.text)
    #expect(
      Set(sent.names) == ["appid", "mch_id", "nonce_str", "sign", "sign_type", "out_trade_no"])
  }

  @Test func `an answer to a question that lacks the number or the state says nothing`() throws {
    for fields in [["trade_state": "CLOSED"], ["out_trade_no": Sample.number.text]] as [Fields] {
      let host = try standIns.host(["/pay/orderquery": answer(fields)])
      let error = try #require(throws: WeChatPayError.self) {
        try conversation(standIns.hosts(host.url)).query(Sample.number)
      }
      #expect(error.outcome == .unknown)
    }
  }

  @Test func `an order that was closed before is closed`() throws {
    let closed = try standIns.host([
      "/pay/closeorder": answer(["result_code": "FAIL", "err_code": "ORDERCLOSED"])
    ])
    try conversation(standIns.hosts(closed.url)).close(Sample.number)
    let paid = try standIns.host([
      "/pay/closeorder": answer(["result_code": "FAIL", "err_code": "ORDERPAID"])
    ])
    let error = try #require(throws: WeChatPayError.self) {
      try conversation(standIns.hosts(paid.url)).close(Sample.number)
    }
    #expect(error.code == .orderPaid)
    #expect(error.handling == .query)
  }

  @Test
  func `the backup host is asked when the main host cannot be reached, and first for a while`()
    throws
  {
    let dead = try standIns.deadURL()
    let backup = try standIns.host(["/pay/unifiedorder": prepared])
    let hosts = standIns.hosts(dead, backup.url)
    for _ in 0..<3 { _ = try conversation(hosts).pay(Sample.unifiedOrder()) }
    try backup.waitForRequests(3)
    #expect(backup.received.count == 3)
  }

  @Test func `the backup host is asked after an error page, and only then`() throws {
    let html = Array("<html><body>502 Bad Gateway</body></html>".utf8)
    let main = try standIns.host(["/pay/unifiedorder": .page(status: 502, html)])
    let backup = try standIns.host(["/pay/unifiedorder": prepared])
    let hosts = standIns.hosts(main.url, backup.url)
    _ = try conversation(hosts).pay(Sample.unifiedOrder())
    try main.waitForRequests(1)
    // The main host failed just now: the next order goes to the backup without asking it.
    _ = try conversation(hosts).pay(Sample.unifiedOrder())
    try backup.waitForRequests(2)
    #expect(main.received.count == 1)
  }

  @Test func `a message that goes to the second host is signed anew`() throws {
    let html = Array("<html><body>502 Bad Gateway</body></html>".utf8)
    let main = try standIns.host(["/pay/unifiedorder": .page(status: 502, html)])
    let backup = try standIns.host(["/pay/unifiedorder": prepared])
    _ = try conversation(standIns.hosts(main.url, backup.url)).pay(Sample.unifiedOrder())
    try main.waitForRequests(1)
    try backup.waitForRequests(1)
    let sent = try [main, backup].map { host in
      try FlatXML.read(Array(#require(host.received.first).body.utf8))
    }
    for fields in sent { try Signature.verify(fields, key: Sample.key, expected: .md5) }
    #expect(sent[0]["nonce_str"] != sent[1]["nonce_str"])
    #expect(sent[0]["sign"] != sent[1]["sign"])
  }

  @Test func `an answer of WeChat with status 500 is an answer, not a reason to ask elsewhere`()
    throws
  {
    let refused = FlatXML.write(
      Sample.signed([
        "return_code": "SUCCESS", "appid": "wx0123456789abcdef", "mch_id": "1900000109",
        "result_code": "FAIL", "err_code": "NOTENOUGH",
      ]))
    let main = try standIns.host(["/pay/unifiedorder": .page(status: 500, refused)])
    let backup = try standIns.host(["/pay/unifiedorder": prepared])
    let error = try #require(throws: WeChatPayError.self) {
      try conversation(standIns.hosts(main.url, backup.url)).pay(Sample.unifiedOrder())
    }
    #expect(error.code == .notEnough)
    #expect(backup.received.isEmpty)
  }

  @Test func `a host that hangs up after the request leaves the order unknown`() throws {
    let main = try standIns.host(["/pay/unifiedorder": .hangUp, "/pay/closeorder": .hangUp])
    let backup = try standIns.host(["/pay/unifiedorder": prepared])
    let error = try #require(throws: WeChatPayError.self) {
      try conversation(standIns.hosts(main.url, backup.url)).pay(Sample.unifiedOrder())
    }
    #expect(error.outcome == .unknown)
    #expect(error.handling == .query)
    // The main host may have executed it: nobody sends it elsewhere on his own.
    #expect(backup.received.isEmpty)
    let closing = try #require(throws: WeChatPayError.self) {
      try conversation(standIns.hosts(main.url)).close(Sample.number)
    }
    #expect(closing.outcome == .unknown)
  }

  @Test func `a possible execution at one host is not forgotten when the other is dead`() throws {
    let html = Array("<html></html>".utf8)
    let main = try standIns.host(["/pay/unifiedorder": .page(status: 503, html)])
    let hosts = standIns.hosts(main.url, try standIns.deadURL())
    let error = try #require(throws: WeChatPayError.self) {
      try conversation(hosts).pay(Sample.unifiedOrder())
    }
    #expect(error.outcome == .unknown)
  }

  /// What WeChat had trouble with it may have done all the same.
  @Test func `SYSTEMERROR is not forgotten when no host can be reached afterwards`() throws {
    let troubled = answer(["result_code": "FAIL", "err_code": "SYSTEMERROR"])
    let main = try standIns.host(["/pay/unifiedorder": troubled, "/pay/closeorder": troubled])
    let hosts = standIns.hosts(main.url, try standIns.deadURL())
    let order = try Sample.unifiedOrder()
    let errors = try concurrently(3) { number -> WeChatPayError? in
      do throws(WeChatPayError) {
        switch number {
        case 0: _ = try conversation(hosts).pay(order)
        case 1: try conversation(hosts).close(Sample.number)
        default:
          try? main.waitForRequests(2)
          try? main.stop()
        }
        return nil
      } catch {
        return error
      }
    }
    #expect(errors.compactMap { $0?.outcome } == [.unknown, .unknown])
    #expect(errors[0]?.handling == .query)
  }

  @Test func `a refusal at one host does not speak of what the other may have executed`() throws {
    let page = StandIn.Answer.page(status: 502, Array("<html></html>".utf8))
    let refused = answer(["result_code": "FAIL", "err_code": "PARAM_ERROR"])
    let main = try standIns.host(["/pay/unifiedorder": page, "/pay/orderquery": page])
    let backup = try standIns.host([
      "/pay/unifiedorder": refused,
      "/pay/orderquery": answer(["result_code": "FAIL", "err_code": "ORDERNOTEXIST"]),
    ])
    let placing = try #require(throws: WeChatPayError.self) {
      try conversation(standIns.hosts(main.url, backup.url)).pay(Sample.unifiedOrder())
    }
    #expect(placing.outcome == .unknown)
    #expect(placing.code == .paramError)
    #expect(!placing.isAnswered)
    // A question changes nothing, wherever it arrives.
    let asking = try #require(throws: WeChatPayError.self) {
      try conversation(standIns.hosts(main.url, backup.url)).query(Sample.number)
    }
    #expect(asking.outcome == .didNotHappen)
  }

  @Test func `an order that reached no host did not happen; a question stays open`() throws {
    let hosts = standIns.hosts(try standIns.deadURL(), try standIns.deadURL())
    let placing = try #require(throws: WeChatPayError.self) {
      try conversation(hosts).pay(Sample.unifiedOrder())
    }
    #expect(placing.outcome == .didNotHappen)
    #expect(placing.handling == .sendAgain)
    let asking = try #require(throws: WeChatPayError.self) {
      try conversation(hosts).query(Sample.number)
    }
    #expect(asking.outcome == .unknown)
  }

  @Test func `nothing is sent after the deadline`() throws {
    let host = try standIns.host(["/pay/unifiedorder": prepared])
    let error = try #require(throws: WeChatPayError.self) {
      try conversation(standIns.hosts(host.url), seconds: -1).pay(Sample.unifiedOrder())
    }
    #expect(error.outcome == .didNotHappen)
    #expect(host.received.isEmpty)
  }

  @Test func `a host with a foreign certificate gets no byte of the order`() throws {
    let stranger = try CertificateAuthority(in: standIns.folder.path, name: "stranger")
    let host = try StandIn(["/pay/unifiedorder": prepared], authority: stranger)
    let error = try #require(throws: WeChatPayError.self) {
      try conversation(standIns.hosts(host.url)).pay(Sample.unifiedOrder())
    }
    #expect(error.outcome == .didNotHappen)
    #expect(host.received.isEmpty)
  }

  @Test func `a page about certificates is the configuration's fault and decides nothing`() throws {
    let page = try #require(Vectors.file.mustRefuseOrSpecial.first { $0.id == "B03" })
    let main = try standIns.host(["/pay/unifiedorder": .page(status: 400, Array(page.xml.utf8))])
    let backup = try standIns.host(["/pay/unifiedorder": prepared])
    let error = try #require(throws: WeChatPayError.self) {
      try conversation(standIns.hosts(main.url, backup.url)).pay(Sample.unifiedOrder())
    }
    #expect(error.outcome == .unknown)
    #expect(error.handling == .configure)
    #expect(backup.received.isEmpty)
  }

  @Test func `whatever is no signed message of the merchant leaves the order unknown`() throws {
    let forged = FlatXML.write(
      Sample.signed(Self.identity, key: APIKey(unchecked: "another")))
    let plain = FlatXML.write(["return_code": "SUCCESS", "prepay_id": "wx1"])
    for body in [
      [], Array("ok".utf8), Array("<html></html>".utf8), plain, forged,
      [UInt8](repeating: UInt8(ascii: "x"), count: 100_000),
    ] {
      let host = try standIns.host(["/pay/unifiedorder": .page(body)])
      let error = try #require(throws: WeChatPayError.self) {
        try conversation(standIns.hosts(host.url)).pay(Sample.unifiedOrder())
      }
      #expect(error.outcome == .unknown)
      #expect(error.code == nil)
    }
  }

  @Test func `no error shows a key, a secret or the payer`() throws {
    let host = try standIns.host(["/pay/unifiedorder": .page([])])
    let error = try #require(throws: WeChatPayError.self) {
      try conversation(standIns.hosts(host.url)).pay(Sample.unifiedOrder())
    }
    var text = "\(error)"
    dump(error, to: &text)
    for secret in ["Zq3vN8sK", "app-secret-canary", Sample.openID.text] {
      #expect(!text.contains(secret))
    }
  }
}
