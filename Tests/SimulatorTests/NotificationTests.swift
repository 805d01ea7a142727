import Testing

@testable import Simulator

@Suite struct NotificationTests {
  private let settings = Bench.settings

  private func order(_ signType: SignType = .md5) -> Order {
    Order(
      outTradeNo: "ORDER-1",
      parameters: [
        Field("attach", "a=1&b=<2> 中 "), Field("openid", "oBuyer"), Field("total_fee", "26900"),
      ], signType: signType, createdAt: Bench.start, expiresAt: .max)
  }

  private func payment(_ coupons: [Coupon] = []) -> Payment {
    Payment(
      transactionID: "4200000000202611210000000001", openID: "oBuyer", paidAt: Bench.start,
      coupons: coupons, isAnnounced: true)
  }

  private func read(_ probe: Probe, _ signType: SignType = .md5) throws -> Message {
    try XMLReader.read(probe.document(payment(), order(signType), settings))
  }

  @Test(arguments: [SignType.md5, .hmacSHA256])
  func `a notification says what a query says, signed like the order`(signType: SignType) throws {
    let message = try read(.duplicate, signType)
    for (name, value) in [
      ("appid", settings.appID), ("mch_id", settings.mchID), ("return_code", "SUCCESS"),
      ("result_code", "SUCCESS"), ("out_trade_no", "ORDER-1"), ("total_fee", "26900"),
      ("cash_fee", "26900"), ("fee_type", "CNY"), ("openid", "oBuyer"),
      ("transaction_id", "4200000000202611210000000001"), ("time_end", "20261121090000"),
      ("trade_type", "JSAPI"), ("attach", "a=1&b=<2> 中 "),
    ] {
      #expect(message[name] == value)
    }
    #expect(message["sign_type"] == (signType == .md5 ? nil : "HMAC-SHA256"))
    #expect(message.isSigned(signType, key: settings.apiKey))
  }

  @Test(arguments: [SignType.md5, .hmacSHA256])
  func `a notification's fields are sorted, and none is empty`(signType: SignType) throws {
    var order = order(signType)
    order = Order(
      outTradeNo: "ORDER-1", parameters: order.parameters.filter { $0.name != "attach" },
      signType: signType, createdAt: Bench.start, expiresAt: .max)
    for order in [order, self.order(signType)] {
      let document = Probe.duplicate.document(
        payment([Coupon(id: "1", fee: 2, type: nil)]), order, settings)
      let fields = try XMLReader.read(document).fields
      #expect(fields.map(\.name) == fields.map(\.name).sorted())
      #expect(fields.allSatisfy { !$0.value.isEmpty })
      #expect(fields.contains { $0.name == "attach" } == (order["attach"] != nil))
      #expect(!fields.contains { $0.name == "cash_fee_type" })
    }
  }

  @Test func `coupons are signed, whichever of their fields there are`() throws {
    let coupons = (0..<11).map { Coupon(id: "\($0)", fee: 2, type: $0 == 3 ? "CASH" : nil) }
    let document = Probe.duplicate.document(payment(coupons), order(), settings)
    let message = try XMLReader.read(document)
    #expect(message["coupon_count"] == "11")
    #expect(message["coupon_fee_10"] == "2")
    #expect(message["cash_fee"] == "26878")
    #expect(message.fields.filter { $0.name.hasPrefix("coupon_type") }.count == 1)
    #expect(message.isSigned(.md5, key: settings.apiKey))
  }

  @Test(arguments: [Probe.wrongSignature, .missingSignature, .wrongKey])
  func `a forged notification is not signed right, and else like a real one`(
    probe: Probe
  ) throws {
    let message = try read(probe)
    #expect(!message.isSigned(.md5, key: settings.apiKey))
    #expect(message["total_fee"] == "26900")
  }

  @Test(
    arguments: [
      (Probe.wrongAppID, "appid"), (.wrongMchID, "mch_id"), (.wrongOutTradeNo, "out_trade_no"),
      (.wrongTotalFee, "total_fee"), (.wrongOpenID, "openid"), (.wrongCurrency, "fee_type"),
      (.otherTransaction, "transaction_id"), (.failedPayment, "result_code"),
      (.extraField, "future_field"), (.oversized, "padding"),
    ])
  func `a false notification is signed right`(probe: Probe, name: String) throws {
    let message = try read(probe)
    #expect(message.isSigned(.md5, key: settings.apiKey))
    #expect(message[name] != (try read(.duplicate))[name])
  }

  @Test(arguments: [Probe.documentType, .duplicateField, .truncated, .html, .empty])
  func `a broken notification cannot be read`(probe: Probe) {
    #expect(throws: XMLRefusal.self) { try read(probe) }
  }

  @Test(
    arguments: [
      "<xml><return_code><![CDATA[SUCCESS]]></return_code>"
        + "<return_msg><![CDATA[OK]]></return_msg></xml>",
      "<xml><return_code>SUCCESS</return_code></xml>",
      "<xml>\n  <return_code><![CDATA[SUCCESS]]></return_code>\n</xml>\n",
    ])
  func `SUCCESS ends the deliveries`(body: String) {
    #expect(Delivery.isAcknowledgement(status: 200, body: Array(body.utf8)))
  }

  @Test(
    arguments: [
      (500, "<xml><return_code>SUCCESS</return_code></xml>"),
      (302, "<xml><return_code>SUCCESS</return_code></xml>"),
      (200, "<xml><return_code>FAIL</return_code></xml>"),
      (200, "<xml><return_code>success</return_code></xml>"),
      (200, "<xml><return_code>SUCCESS </return_code></xml>"),
      (200, "<xml><return_code>FAILURE</return_code></xml>"),
      (200, "<xml><result_code>SUCCESS</result_code></xml>"),
      (200, " <xml><return_code>SUCCESS</return_code></xml>"),
      (200, "\n<xml><return_code>SUCCESS</return_code></xml>"),
      (200, "\u{FEFF}<xml><return_code>SUCCESS</return_code></xml>"),
      (200, "<xml><return_code>SUCCESS</return_code></xml>debug"),
      (200, "Notice: x<xml><return_code>SUCCESS</return_code></xml>"),
      (200, "<html><body>SUCCESS</body></html>"), (200, "SUCCESS"), (200, "success"), (200, ""),
      (0, ""),
    ])
  func `nothing but SUCCESS ends the deliveries`(status: Int, body: String) {
    #expect(!Delivery.isAcknowledgement(status: status, body: Array(body.utf8)))
  }
}
