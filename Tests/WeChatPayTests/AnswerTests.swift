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
      #expect(error.handling == (word == "FAIL" ? .configure : .query))
      #expect(error.weChatText == "签名错误")
      #expect("\(error)".contains("签名错误"))
    }
  }

  @Test(arguments: [
    ("签名错误", true, true), ("商户号mch_id或sub_mch_id不存在", true, true),
    ("appid不存在", true, true), ("商户号mch_id与appid不匹配", true, true),
    // Whatever else it does not accept comes again, too; not everybody is told its words.
    ("缺少参数openid oUpF8uM", true, false), ("系统繁忙，请稍后再试", false, false),
    ("请求超时", false, false), (nil, false, false),
  ])
  func `what WeChat does not accept at all is told from a busy WeChat`(
    text: String?, isMisconfiguration: Bool, isCommon: Bool
  ) throws {
    var fields: Fields = ["return_code": "FAIL"]
    fields["return_msg"] = text
    for call in WeChatCall.allCases {
      let error = try #require(refusal(fields, call))
      // Nothing is signed: it may have happened all the same.
      #expect(error.outcome == .unknown)
      #expect(error.code == nil)
      #expect(error.isMisconfiguration == isMisconfiguration)
      #expect(error.commonWords == (isCommon ? text : nil))
    }
  }

  /// A row of WeChat's tables: what a code leads to at each call.
  struct Row: Sendable, CustomTestStringConvertible {
    let word: String
    let placing, asking, closing, refunding, askingRefund: Handling
    var testDescription: String { word }

    init(
      _ word: String, _ placing: Handling, _ asking: Handling, _ closing: Handling,
      _ refunding: Handling, _ askingRefund: Handling
    ) {
      (self.word, self.placing, self.asking, self.closing) = (word, placing, asking, closing)
      (self.refunding, self.askingRefund) = (refunding, askingRefund)
    }

    /// For a code that says the same at every call.
    init(_ word: String, always handling: Handling) {
      self.init(word, handling, handling, handling, handling, handling)
    }
  }

  static let table = [
    Row("SYSTEMERROR", always: .sendAgain),
    Row("BIZERR_NEED_RETRY", always: .sendAgain),
    Row("FREQUENCY_LIMITED", always: .slowDown),
    Row("INVALID_REQ_TOO_MUCH", always: .slowDown),
    Row("INVALID_REQUEST", .query, .query, .query, .stop, .query),
    Row("PARAM_ERROR", always: .correctProgram),
    Row("ORDERPAID", always: .query),
    Row("ORDERCLOSED", .openNext, .query, .done, .query, .query),
    Row("ORDERNOTEXIST", .notThere, .notThere, .notThere, .stop, .stop),
    Row("OUT_TRADE_NO_USED", always: .query),
    Row("TRADE_STATE_ERROR", .query, .query, .query, .stop, .query),
    Row("REFUND_FEE_MISMATCH", .query, .query, .query, .stop, .query),
    Row("NOTENOUGH", .tellBuyer, .tellBuyer, .tellBuyer, .waitForFunds, .tellBuyer),
    Row("REFUNDNOTEXIST", .query, .query, .query, .query, .notThere),
    Row("TRADE_OVERDUE", .query, .query, .query, .stop, .query),
    Row("ERROR", .query, .query, .query, .stop, .query),
    Row("USER_ACCOUNT_ABNORMAL", .query, .query, .query, .stop, .query),
    Row("INVALID_TRANSACTIONID", .query, .query, .query, .stop, .stop),
    Row("NOAUTH", always: .configure),
    Row("CERT_ERROR", always: .configure),
    Row("APPID_NOT_EXIST", always: .configure),
    Row("MCHID_NOT_EXIST", always: .configure),
    Row("APPID_MCHID_NOT_MATCH", always: .configure),
    Row("LACK_PARAMS", always: .correctProgram),
    Row("SIGNERROR", always: .configure),
    Row("XML_FORMAT_ERROR", always: .correctProgram),
    Row("REQUIRE_POST_METHOD", always: .correctProgram),
    Row("POST_DATA_EMPTY", always: .correctProgram),
    Row("NOT_UTF8", always: .correctProgram),
    Row("BRAND_NEW_CODE", always: .query),
    Row("", always: .query),
  ]

  @Test(arguments: table)
  func `each code leads where WeChat's manual says`(row: Row) throws {
    var fields = good
    fields["result_code"] = "FAIL"
    fields["err_code"] = row.word
    fields["err_code_des"] = "说明"
    for (call, handling) in [
      (WeChatCall.unifiedOrder, row.placing), (.orderQuery, row.asking),
      (.closeOrder, row.closing), (.refund, row.refunding), (.refundQuery, row.askingRefund),
    ] {
      let error = try #require(refusal(Sample.signed(fields), call))
      #expect(error.code == ErrorCode(word: row.word))
      #expect(error.handling == handling)
      #expect(error.weChatText == "说明")
      // Asking again and sending again are for what may have happened; a refused question says
      // nothing unless it says that there is nothing.
      let leavesOpen = [.sendAgain, .query].contains(handling) || call.isQuestion
      let isUnknown = leavesOpen && handling != .notThere
      #expect(error.outcome == (isUnknown ? .unknown : .didNotHappen))
    }
  }

  @Test func `no code is missing in the table`() {
    #expect(
      Set(Self.table.map { ErrorCode(word: $0.word) })
        == Set(ErrorCode.known + [.other("BRAND_NEW_CODE"), .other("")]))
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
