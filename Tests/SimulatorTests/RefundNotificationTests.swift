import Testing

@testable import Simulator

/// The message that tells of a refund's end.
@Suite struct RefundNotificationTests {
  private let settings = Bench.settings

  private func payment(_ coupons: [Coupon] = []) -> Payment {
    Payment(
      transactionID: "4200000000202611210000000001", openID: "oBuyer", paidAt: Bench.start,
      coupons: coupons, isAnnounced: true)
  }

  private func notification(
    _ status: RefundStatus = .success, source: Refund.Source = .api, coupons: [Coupon] = []
  ) -> RefundNotification {
    let refund = Refund(
      outRefundNo: "R-1", refundID: "50300000002026112100000000001", outTradeNo: "ORDER-1",
      transactionID: "4200000000202611210000000001", fee: 995, totalFee: 1990, source: source,
      parameters: [Field("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS")],
      notifyURL: "https://127.0.0.1/", acceptedAt: Bench.start, ending: nil, status: status,
      finishedAt: Bench.start + 61_000_000)
    return RefundNotification(refund, payment(coupons), settings, telling: status)
  }

  private func read(_ probe: RefundProbe) throws -> Message {
    try XMLReader.read(probe.document(notification()))
  }

  /// What is encrypted with the merchant's key.
  private func sealed(_ message: Message) -> String {
    RefundNotification.seal(message.document(root: "root"), key: settings.apiKey)
  }

  @Test func `the outer message is unsigned and tells nothing but whose it is`() throws {
    let message = try read(.duplicate)
    #expect(
      message.fields.map(\.name) == ["return_code", "appid", "mch_id", "nonce_str", "req_info"])
    #expect(message["return_code"] == "SUCCESS")
    #expect(message["appid"] == settings.appID && message["mch_id"] == settings.mchID)
    #expect(message["req_info"] == sealed(notification().inner))
  }

  @Test func `the inner message tells everything`() {
    let message = notification().inner
    for (name, value) in [
      ("out_refund_no", "R-1"), ("out_trade_no", "ORDER-1"), ("refund_fee", "995"),
      ("refund_id", "50300000002026112100000000001"), ("refund_recv_accout", "支付用户零钱"),
      ("refund_account", "REFUND_SOURCE_RECHARGE_FUNDS"), ("refund_request_source", "API"),
      ("refund_status", "SUCCESS"), ("settlement_refund_fee", "995"),
      ("settlement_total_fee", "1990"), ("success_time", "2026-11-21 09:01:01"),
      ("total_fee", "1990"), ("transaction_id", "4200000000202611210000000001"),
    ] {
      #expect(message[name] == value)
    }
  }

  @Test(arguments: [RefundStatus.closed, .change])
  func `only success has a time`(status: RefundStatus) {
    #expect(notification(status).inner["refund_status"] == status.rawValue)
    #expect(notification(status).inner["success_time"] == nil)
  }

  @Test func `a refund by hand says so`() {
    let message = notification(source: .vendorPlatform).inner
    #expect(message["refund_request_source"] == "VENDOR_PLATFORM")
  }

  @Test func `coupons that cost nothing are not settled`() {
    let coupons = [Coupon(id: "1", fee: 100, type: "NO_CASH")]
    let message = notification(coupons: coupons).inner
    #expect(message["settlement_total_fee"] == "1890")
    #expect(message["settlement_refund_fee"] == "945")
  }

  /// Vector Q04: a key whose MD5 begins with two zeros, which an integer would lose.
  @Test func `what is encrypted is what WeChat's manual says`() {
    let plaintext = """
      <root>\
      <out_refund_no><![CDATA[R20260101-1]]></out_refund_no>\
      <out_trade_no><![CDATA[T20260101-000001]]></out_trade_no>\
      <refund_account><![CDATA[REFUND_SOURCE_RECHARGE_FUNDS]]></refund_account>\
      <refund_fee><![CDATA[10]]></refund_fee>\
      <refund_id><![CDATA[50300000000000000000000000001]]></refund_id>\
      <refund_recv_accout><![CDATA[支付用户零钱]]></refund_recv_accout>\
      <refund_request_source><![CDATA[API]]></refund_request_source>\
      <refund_status><![CDATA[CHANGE]]></refund_status>\
      <settlement_refund_fee><![CDATA[10]]></settlement_refund_fee>\
      <settlement_total_fee><![CDATA[29]]></settlement_total_fee>\
      <success_time><![CDATA[]]></success_time>\
      <total_fee><![CDATA[29]]></total_fee>\
      <transaction_id><![CDATA[4200001952202606044309990415]]></transaction_id>\
      </root>
      """
    let expected = """
      tX42J83t2vU1Ihqv7dlEmDN7UG7pSFJgoS9gAbSdinTOJo5TnVDGNX6fTBA3iK8PWI+7eMu6ccC1s08nv+OlILsv\
      JWuBwkrwZ6Jh7sKvddLub10jhybiaeYQasRRrciHElLYfcaXu9cKZE0QDQW9r0oajxiaFuBWpPKrdp0j3KfYsqOd\
      vSKcd2IjXZvPW3a8SEMVctZG0XvIFAwUQDmgjYUvrhEookR2d2hGHaknWeWJdw8Fpp7eBbpZlfDUQDdmd069vzNn\
      9EYFOO3CbCta3Ed2eQFnQLmgq5c62da/bgCeY4edN29+sidFDRbtSglLxxsFBSRCPdyu43d0as4/f5/Z2gROx01G\
      z1HixFED6oXj42a31IVlnpQlLoKnWxwAlDdPux3HDPtooPK4WgnTOnuWhmd5keiTLoY/kyJhGaUPPQcQ2yz1zq65\
      yEPi4NzrZVPMb6c6FzEFYQzFEz98AA60T8ktAEvf99wul0JBQR8sbFhv89by9tsZ/NqHGfLB1hUs+tlhrTZAmsqz\
      F+QphsTN7IKICvlHi9j+zftj75fp1BU9WR6sJ46ZiJ7qdehVwU1ZKER/MotHVAZfcq4qsLO75ja8XfFH9EPsJF4l\
      HQeN/jaNFm1mCTkC1AhBFHbu+FztwEJmpqSSSJhgFbR0aq4eTyTw0tHDIKxeCaAjKtc0BWLKO5U0Nmu7YNuAfc6e\
      ivZHUx+SrJjrxP0Or/JbPyClILhxIlcyUzVEa9Qy8SZvbzyD9qRwbyoXmn19/xxB883lHN2iACkLrpCbrkD2DZnP\
      sDYZS12K1kZ0SCD79paRTc3qv5rVde6E7Z4VeaVqoWL2CNGxwnomYqZWKzrNDT21cml0lHqoE8snMeqyUSa8Q8aV\
      9OP6ES0pdG3s2K33VFKG2fN/6VC8yoR7piBjW5+laAqyt9ElH24GhFW/Eud+VZLklG7rOFvoQyRQ/71VJu5JiPwO\
      ugRrXlnTzrFSVfpv2FI18KefhcOo3gYDLee3g51mKv/KBBhmL/zUtVsK
      """
    #expect(
      RefundNotification.seal(plaintext, key: "zeroMd5KeyForTests00000000000375") == expected)
  }

  @Test func `a forged notification is encrypted for somebody else`() throws {
    let message = try read(.wrongKey)
    #expect(message["req_info"] != sealed(notification().inner))
    #expect(message["mch_id"] == settings.mchID)
  }

  @Test(
    arguments: [
      (RefundProbe.wrongOutTradeNo, "out_trade_no", "SOMEBODY-ELSES-ORDER"),
      (.wrongOutRefundNo, "out_refund_no", "SOMEBODY-ELSES-REFUND"),
      (.wrongRefundID, "refund_id", "50300000002026112100000000000"),
      (.wrongTransactionID, "transaction_id", "4200000000000000000000000000"),
      (.wrongTotalFee, "total_fee", "1991"), (.wrongRefundFee, "refund_fee", "996"),
      (.unknownRefundStatus, "refund_status", "HALFWAY"), (.extraField, "future_field", "1"),
    ])
  func `a false notification is encrypted right`(
    probe: RefundProbe, name: String, value: String
  ) throws {
    var inner = notification().inner
    inner[name] = value
    let message = try read(probe)
    #expect(message["req_info"] == sealed(inner))
    #expect(message["appid"] == settings.appID && message["total_fee"] == nil)
  }

  @Test(
    arguments: [
      (RefundProbe.wrongAppID, "appid", "wx0000000000000000"),
      (.wrongMchID, "mch_id", "1000000000"), (.failed, "return_code", "FAIL"),
    ])
  func `an outer message can be false`(probe: RefundProbe, name: String, value: String) throws {
    let message = try read(probe)
    #expect(message[name] == value && message["req_info"] == sealed(notification().inner))
  }

  @Test func `a document type can hide in what is encrypted`() throws {
    let hidden = try #require(try read(.innerDocumentType)["req_info"])
    #expect(hidden != sealed(notification().inner))
    #expect(hidden.utf8.count > sealed(notification().inner).utf8.count)
  }

  @Test func `a notification can be too long to be taken`() throws {
    #expect(RefundProbe.oversized.document(notification()).count > 200 << 10)
  }

  @Test(arguments: [RefundProbe.documentType, .duplicateField, .truncated, .html, .empty])
  func `a broken notification cannot be read`(probe: RefundProbe) {
    #expect(throws: XMLRefusal.self) { try read(probe) }
  }
}
