import Payments
import Testing

@testable import WeChatPay

@Suite struct UnifiedOrderTests {
  @Test func `what is recorded is what is sent, now and later`() throws {
    let detail = "{\"goods_detail\":[{\"goods_name\":\"A&B<C>]]>\",\"price\":29}]}"
    let order = try Sample.unifiedOrder(
      Sample.order(attach: "a=1&b=2 中", detail: detail, expiresAt: Sample.now.adding(seconds: 600)))
    let again = try UnifiedOrder(stored: order.stored)
    #expect(again == order)
    #expect(again.stored == order.stored)
    #expect(again.fields.names == order.fields.names)
    #expect(
      order.fields == [
        "appid": "wx0123456789abcdef", "mch_id": "1900000109", "sign_type": "MD5",
        "trade_type": "JSAPI", "out_trade_no": "T20260101-000001",
        "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "total_fee": "29", "fee_type": "CNY",
        "body": "天天-零食", "spbill_create_ip": "203.0.113.9", "time_start": "20261121090311",
        "time_expire": "20261121091311", "attach": "a=1&b=2 中", "detail": detail,
        "notify_url": "https://shop.example/wxpay/receive-notify",
      ])
  }

  @Test func `an order that was refused is opened anew only when something is another`() throws {
    let refused = try Sample.unifiedOrder()
    func fresh(
      _ order: Order = Sample.order(), number: String = "T20260101-000001-2",
      address: String = "203.0.113.9", after seconds: Int64 = 60
    ) throws -> UnifiedOrder {
      try UnifiedOrder(
        order: order, outTradeNo: OutTradeNo(number)!, openID: Sample.openID,
        merchant: Sample.merchant(), payerAddress: address, now: Sample.now.adding(seconds: seconds)
      )
    }
    #expect(try !fresh().mayFareBetter(than: refused))
    #expect(try fresh(Sample.order(body: "茶")).mayFareBetter(than: refused))
    #expect(try fresh(Sample.order(detail: "{}")).mayFareBetter(than: refused))
    #expect(try fresh(address: "203.0.113.10").mayFareBetter(than: refused))
    #expect(try fresh(after: 3601).mayFareBetter(than: refused))
    let other = try Sample.unifiedOrder(merchant: Sample.merchant(merchantID: "1900000108"))
    #expect(try fresh().mayFareBetter(than: other))
    #expect(!other.isPlaced(by: Sample.merchant()))
  }

  @Test func `a record holds no key, no secret, no nonce and no signature`() throws {
    let stored = try Sample.unifiedOrder().stored
    for word in ["Zq3vN8sK", "canary", "nonce", "<sign>", "key"] {
      #expect(!stored.contains(word))
    }
  }

  @Test func `a damaged record is refused`() throws {
    let stored = try Sample.unifiedOrder().stored
    for damaged in [
      "", "{}", String(stored.dropLast()), stored + stored,
      stored.replacing("<total_fee><![CDATA[29]]></total_fee>", with: ""),
      stored.replacing("[29]", with: "[0]"), stored.replacing("[29]", with: "[2 9]"),
      stored.replacing("[MD5]", with: "[MD4]"), stored.replacing("openid>", with: "open_id>"),
    ] {
      #expect(throws: UnifiedOrderRefusal.stored) { try UnifiedOrder(stored: damaged) }
    }
  }

  @Test(arguments: [
    "", "shop.example ", "1.2.3.4\r\n", "<script>", String(repeating: "1", count: 65),
    "unix:", "1.2.3.4, 5.6.7.8", "fe80::1%eth0", "1.2.3",
  ])
  func `an address that is none is refused`(address: String) {
    #expect(throws: UnifiedOrderRefusal.payerAddress) {
      try UnifiedOrder(
        order: Sample.order(), outTradeNo: Sample.number, openID: Sample.openID,
        merchant: Sample.merchant(), payerAddress: address, now: Sample.now)
    }
  }

  @Test(arguments: [
    ("203.0.113.9", "203.0.113.9"), ("2001:db8::1", "2001:db8::1"),
    ("::ffff:203.0.113.9", "203.0.113.9"), ("::FFFF:cb00:7109", "203.0.113.9"),
    ("0:0:0:0:0:ffff:203.0.113.9", "203.0.113.9"),
  ])
  func `WeChat is told an address that it takes`(seen: String, told: String) throws {
    let sent = try UnifiedOrder(
      order: Sample.order(), outTradeNo: Sample.number, openID: Sample.openID,
      merchant: Sample.merchant(), payerAddress: seen, now: Sample.now)
    #expect(sent.stored.contains("<spbill_create_ip><![CDATA[\(told)]]></spbill_create_ip>"))
  }

  @Test func `an order of nothing is refused`() {
    #expect(throws: UnifiedOrderRefusal.total) {
      try Sample.unifiedOrder(Sample.order(total: 0))
    }
  }

  @Test(arguments: ["uid=5&openid=o", "x&total_fee=1", "&fee_type=", "a&b=c&sign=1&mch_id=2"])
  func `an attach that would make the notification ambiguous is refused`(attach: String) {
    #expect(throws: UnifiedOrderRefusal.attach) {
      try Sample.unifiedOrder(Sample.order(attach: attach))
    }
  }

  /// A shop's own table may hold any text; nobody is kept from paying by it.
  @Test(arguments: [
    (String(repeating: "茶", count: 43), String(repeating: "茶", count: 42)), ("玩具🏠", "玩具"),
    ("a\r\nb\u{7F}\u{0}c", "abc"), ("👨‍👩‍👧 家庭装", " 家庭装"), ("🏠", nil), ("", nil), (" \u{A0}", nil),
    (
      "é" + String(repeating: "e\u{301}", count: 42), "é" + String(repeating: "e\u{301}", count: 41)
    ),
  ])
  func `a text of the shop's is told as far as APIv2 carries it`(text: String, told: String?) throws
  {
    let order = try Sample.unifiedOrder(Sample.order(body: text, attach: text))
    #expect(order.body?.utf8.elementsEqual((told ?? Sample.number.text).utf8) == true)
    #expect(order.attach.map { Array($0.utf8) } == told.map { Array($0.utf8) })
  }

  @Test(arguments: [
    ("{\n \"goods_detail\": []}", "{ \"goods_detail\": []}"), ("{\"a\":\"🏠茶\"}", "{\"a\":\"茶\"}"),
    ("two boxes", nil), ("[1, 2]", nil), ("", nil),
    ("{\"a\":\"" + String(repeating: "x", count: 6000) + "\"}", nil),
  ])
  func `a detail is told if it is an object that APIv2 carries`(text: String, told: String?) throws
  {
    #expect(try Sample.unifiedOrder(Sample.order(detail: text)).fields["detail"] == told)
  }

  @Test func `the client's call is signed with the order's algorithm, not the merchant's`() {
    let merchant = Sample.merchant()
    let payment = RequestPayment(
      prepayID: PrepayID("wx201410272009395522657a690389285100")!, merchant: merchant,
      signType: .hmacSHA256, now: Sample.now, nonce: "e61463f8efa94090b1f366cccfbbb444")
    #expect(payment.timeStamp == "1795222991")
    #expect(payment.signType == "HMAC-SHA256")
    #expect(payment.paySign.count == 64)
    #expect(payment.package == "prepay_id=wx201410272009395522657a690389285100")
  }

  @Test(arguments: Vectors.file.requestPaymentResign.filter { ["R03", "R04"].contains($0.id) })
  func `the client's call is the published one`(vector: Vectors.Resigned) throws {
    let type = try #require(vector.params["signType"].flatMap(SignType.init))
    let merchant = Sample.merchant(key: APIKey(unchecked: vector.key), signType: type)
    let payment = RequestPayment(
      prepayID: PrepayID("wx201410272009395522657a690389285100")!, merchant: merchant,
      now: BeijingTime(microseconds: 1_767_225_600_999_999),
      nonce: "e61463f8efa94090b1f366cccfbbb444")
    #expect(payment.paySign == vector.paySign)
    #expect(payment.timeStamp == vector.params["timeStamp"])
  }

  @Test func `every nonce is another one`() {
    let nonces = (0..<10_000).map { _ in Nonce.make() }
    #expect(Set(nonces).count == nonces.count)
    #expect(nonces.allSatisfy { $0.utf8.count == 32 && $0.allSatisfy(\.isHexDigit) })
  }
}
