import Payments
import Testing

@testable import WeChatPay

@Suite struct AnswerTests {
  private let good: Fields = [
    "return_code": "SUCCESS", "return_msg": "OK", "appid": "wx0123456789abcdef",
    "mch_id": "1900000109", "nonce_str": "N1", "result_code": "SUCCESS", "trade_type": "JSAPI",
    "prepay_id": "wx201410272009395522657a690389285100",
  ]

  private func judge(
    _ fields: Fields, _ call: WeChatCall = .unifiedOrder, merchant: Merchant = Sample.merchant()
  ) throws(WeChatPayError) -> Fields {
    try Answer(call: call, number: Sample.number, signType: merchant.signType)
      .verified(fields, merchant: merchant)
  }

  private func refusal(_ fields: Fields, _ call: WeChatCall = .unifiedOrder) -> WeChatPayError? {
    do {
      _ = try judge(fields, call)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a verified success is taken`() throws {
    #expect(try judge(Sample.signed(good)) == Sample.signed(good))
    // Some successes carry an err_code.
    var fields = good
    fields["err_code"] = "SUCCESS"
    _ = try judge(Sample.signed(fields))
  }

  @Test func `an answer that cannot be believed leaves everything unknown`() throws {
    var answers = [good, Sample.signed(good, .hmacSHA256)]
    for (name, value) in [
      ("appid", "wxffffffffffffffff"), ("mch_id", "1900000108"), ("mch_id", nil), ("appid", nil),
      ("out_trade_no", "T20260101-000002"), ("result_code", nil), ("result_code", "success"),
      ("result_code", "OK"),
    ] {
      var fields = good
      fields[name] = value
      answers.append(Sample.signed(fields))
    }
    for (name, value) in Sample.signed(good) where name != "return_code" {
      var tampered = Sample.signed(good)
      tampered[name] = value + "0"
      answers.append(tampered)
    }
    var failed = good
    failed["result_code"] = "FAIL"
    failed["err_code"] = "ORDERCLOSED"
    answers.append(failed)
    for answer in answers {
      for call in WeChatCall.allCases {
        let error = try #require(refusal(answer, call))
        #expect(error.outcome == .unknown)
        #expect(error.code == nil)
      }
    }
  }

  @Test func `an unsigned failure decides nothing, but its text is kept`() throws {
    for word in ["FAIL", "fail", "", nil] {
      var fields: Fields = ["return_msg": "签名错误"]
      fields["return_code"] = word
      let error = try #require(refusal(fields))
      #expect(error.outcome == .unknown)
      #expect(error.handling == .query)
      #expect(error.weChatText == "签名错误")
      #expect("\(error)".contains("签名错误"))
    }
  }

  /// WeChat's tables: code, then handling and outcome for placing, asking and closing.
  @Test(arguments: [
    ("SYSTEMERROR", Handling.sendAgain, Handling.sendAgain, Handling.sendAgain, true, true, true),
    ("INVALID_REQUEST", .query, .query, .query, true, true, true),
    ("PARAM_ERROR", .correctProgram, .correctProgram, .correctProgram, false, true, false),
    ("ORDERPAID", .query, .query, .query, true, true, true),
    ("ORDERCLOSED", .openNext, .query, .done, false, true, false),
    ("ORDERNOTEXIST", .notThere, .notThere, .notThere, false, false, false),
    ("OUT_TRADE_NO_USED", .query, .query, .query, true, true, true),
    ("TRADE_STATE_ERROR", .query, .query, .query, true, true, true),
    ("NOTENOUGH", .tellBuyer, .tellBuyer, .tellBuyer, false, true, false),
    ("NOAUTH", .configure, .configure, .configure, false, true, false),
    ("APPID_NOT_EXIST", .configure, .configure, .configure, false, true, false),
    ("MCHID_NOT_EXIST", .configure, .configure, .configure, false, true, false),
    ("APPID_MCHID_NOT_MATCH", .configure, .configure, .configure, false, true, false),
    ("LACK_PARAMS", .correctProgram, .correctProgram, .correctProgram, false, true, false),
    ("SIGNERROR", .configure, .configure, .configure, false, true, false),
    ("XML_FORMAT_ERROR", .correctProgram, .correctProgram, .correctProgram, false, true, false),
    ("REQUIRE_POST_METHOD", .correctProgram, .correctProgram, .correctProgram, false, true, false),
    ("POST_DATA_EMPTY", .correctProgram, .correctProgram, .correctProgram, false, true, false),
    ("NOT_UTF8", .correctProgram, .correctProgram, .correctProgram, false, true, false),
    ("BRAND_NEW_CODE", .query, .query, .query, true, true, true),
    ("", .query, .query, .query, true, true, true),
  ])
  func `each code leads where WeChat's manual says`(
    word: String, placing: Handling, asking: Handling, closing: Handling,
    isUnknownAfterPlacing: Bool, isUnknownAfterAsking: Bool, isUnknownAfterClosing: Bool
  ) throws {
    var fields = good
    fields["result_code"] = "FAIL"
    fields["err_code"] = word
    fields["err_code_des"] = "说明"
    for (call, handling, isUnknown) in [
      (WeChatCall.unifiedOrder, placing, isUnknownAfterPlacing),
      (.orderQuery, asking, isUnknownAfterAsking), (.closeOrder, closing, isUnknownAfterClosing),
    ] {
      let error = try #require(refusal(Sample.signed(fields), call))
      #expect(error.code == ErrorCode(word: word))
      #expect(error.handling == handling)
      #expect(error.outcome == (isUnknown ? .unknown : .didNotHappen))
      #expect(error.weChatText == "说明")
    }
  }

  @Test func `a code is known by its word and by no other`() {
    #expect(Set(ErrorCode.known.map(\.word)).count == ErrorCode.known.count)
    for code in ErrorCode.known { #expect(ErrorCode(word: code.word) == code) }
    #expect(ErrorCode(word: "orderpaid") == .other("orderpaid"))
  }

  @Test(arguments: TradeState.allCases)
  func `a paid order is proven by its fields, any other proves nothing`(state: TradeState) {
    let complete = OrderQueryAnswer(tradeState: state, fields: Sample.notification)
    #expect((complete.proof != nil) == [.success, .refund].contains(state))
    var fields = Sample.notification
    fields["total_fee"] = nil
    #expect(OrderQueryAnswer(tradeState: state, fields: fields).proof == nil)
  }

  @Test(
    arguments: [
      ("SUCCESS", TradeState.success, PaymentEvent.paid), ("REFUND", .refund, .paid),
      ("CLOSED", .closed, .closed), ("REVOKED", .revoked, .closed), ("NOTPAY", .notPay, nil),
      ("USERPAYING", .userPaying, nil), ("PAYERROR", .payError, nil), ("ACCEPT", .accept, nil),
      ("success", .unrecognised, nil), ("BRAND_NEW", .unrecognised, nil), ("", .unrecognised, nil),
    ] as [(String, TradeState, PaymentEvent?)])
  func `an unrecognised word changes nothing`(word: String, state: TradeState, event: PaymentEvent?)
  {
    #expect(TradeState(word: word) == state)
    #expect(state.event == event)
  }
}
