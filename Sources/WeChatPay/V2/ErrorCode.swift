/// WeChat's reason for a business refusal (错误代码, `err_code`).
///
/// The list is open: WeChat adds codes without notice.
/// Source: WeChat Pay APIv2, 统一下单, 查询订单, 关闭订单, 申请退款, 查询退款, 错误码.
package enum ErrorCode: Sendable, Hashable {
  case systemError, bizErrNeedRetry, frequencyLimited, invalidReqTooMuch
  case invalidRequest, paramError
  case orderPaid, orderClosed, orderNotExist, outTradeNoUsed, tradeStateError
  case notEnough, refundFeeMismatch
  case refundNotExist, tradeOverdue, error, userAccountAbnormal, invalidTransactionID
  case noAuth, certError, appIDNotExist, merchantIDNotExist, appIDMerchantIDNotMatch
  case lackParams, signError, xmlFormatError, requirePostMethod, postDataEmpty, notUTF8
  case other(String)

  static let known: [ErrorCode] = [
    .systemError, .bizErrNeedRetry, .frequencyLimited, .invalidReqTooMuch, .invalidRequest,
    .paramError, .orderPaid, .orderClosed, .orderNotExist, .outTradeNoUsed, .tradeStateError,
    .notEnough, .refundFeeMismatch, .refundNotExist, .tradeOverdue, .error, .userAccountAbnormal,
    .invalidTransactionID, .noAuth, .certError, .appIDNotExist, .merchantIDNotExist,
    .appIDMerchantIDNotMatch, .lackParams, .signError, .xmlFormatError, .requirePostMethod,
    .postDataEmpty, .notUTF8,
  ]

  /// Reads `err_code`; a word that is not in the list becomes `other`.
  package init(word: String) {
    self = Self.known.first { $0.word == word } ?? .other(word)
  }

  /// The code as it stands on the wire.
  package var word: String {
    switch self {
    case .systemError: "SYSTEMERROR"
    case .bizErrNeedRetry: "BIZERR_NEED_RETRY"
    case .frequencyLimited: "FREQUENCY_LIMITED"
    case .invalidReqTooMuch: "INVALID_REQ_TOO_MUCH"
    case .invalidRequest: "INVALID_REQUEST"
    case .paramError: "PARAM_ERROR"
    case .orderPaid: "ORDERPAID"
    case .orderClosed: "ORDERCLOSED"
    case .orderNotExist: "ORDERNOTEXIST"
    case .outTradeNoUsed: "OUT_TRADE_NO_USED"
    case .tradeStateError: "TRADE_STATE_ERROR"
    case .notEnough: "NOTENOUGH"
    case .refundFeeMismatch: "REFUND_FEE_MISMATCH"
    case .refundNotExist: "REFUNDNOTEXIST"
    case .tradeOverdue: "TRADE_OVERDUE"
    case .error: "ERROR"
    case .userAccountAbnormal: "USER_ACCOUNT_ABNORMAL"
    case .invalidTransactionID: "INVALID_TRANSACTIONID"
    case .noAuth: "NOAUTH"
    case .certError: "CERT_ERROR"
    case .appIDNotExist: "APPID_NOT_EXIST"
    case .merchantIDNotExist: "MCHID_NOT_EXIST"
    case .appIDMerchantIDNotMatch: "APPID_MCHID_NOT_MATCH"
    case .lackParams: "LACK_PARAMS"
    case .signError: "SIGNERROR"
    case .xmlFormatError: "XML_FORMAT_ERROR"
    case .requirePostMethod: "REQUIRE_POST_METHOD"
    case .postDataEmpty: "POST_DATA_EMPTY"
    case .notUTF8: "NOT_UTF8"
    case .other(let word): word
    }
  }
}

/// What to do after a call that brought no result.
package enum Handling: Sendable, Equatable {
  /// Send exactly the same parameters again, later.
  case sendAgain
  /// Not accepted, because too much is sent, or too much that is wrong: send exactly the same
  /// parameters again, not before a minute has passed.
  case slowDown
  /// Alarm: the merchant's account does not hold enough for the refund. Not accepted; send exactly
  /// the same parameters again when a person has put money there.
  case waitForFunds
  /// Ask WeChat about the order or the refund (查单) before anything else is done with it.
  case query
  /// Nothing: what the call was to bring about is so already.
  case done
  /// The number is dead at WeChat: open the next attempt.
  case openNext
  /// WeChat does not know the number.
  case notThere
  /// The buyer must know, nobody else can do anything.
  case tellBuyer
  /// A definite no: sending it again would not help. A person reads WeChat's text and decides.
  case stop
  /// Alarm: the merchant's configuration, or its contract with WeChat, is wrong.
  case configure
  /// Alarm: WeChat says that the message was wrong; the program must be corrected.
  case correctProgram
}

extension ErrorCode {
  /// The tables of WeChat's manual, in one place.
  func handling(of call: WeChatCall) -> Handling {
    switch (self, call) {
    case (.systemError, _), (.bizErrNeedRetry, _): .sendAgain
    case (.frequencyLimited, _), (.invalidReqTooMuch, _): .slowDown
    // The payment's state or amounts do not allow it. Who sees this asks for the refund before it is
    // given up: WeChat may have the number with other parameters.
    case (.tradeStateError, .refund), (.invalidRequest, .refund), (.refundFeeMismatch, .refund):
      .stop
    case (.orderPaid, _), (.outTradeNoUsed, _), (.tradeStateError, _): .query
    // Sent before with other parameters: what WeChat has under the number is not what we think.
    case (.invalidRequest, _): .query
    case (.orderClosed, .unifiedOrder): .openNext
    case (.orderClosed, .closeOrder): .done
    case (.orderClosed, .orderQuery), (.orderClosed, .refund), (.orderClosed, .refundQuery): .query
    case (.orderNotExist, .unifiedOrder), (.orderNotExist, .orderQuery): .notThere
    case (.orderNotExist, .closeOrder): .notThere
    case (.orderNotExist, .refund), (.orderNotExist, .refundQuery): .stop
    case (.refundNotExist, .refundQuery): .notThere
    case (.notEnough, .refund): .waitForFunds
    case (.notEnough, .unifiedOrder), (.notEnough, .orderQuery), (.notEnough, .closeOrder),
      (.notEnough, .refundQuery):
      .tellBuyer
    case (.tradeOverdue, .refund), (.error, .refund), (.userAccountAbnormal, .refund): .stop
    case (.invalidTransactionID, .refund), (.invalidTransactionID, .refundQuery): .stop
    // The manual has these for refunds only; elsewhere they are as good as new.
    case (.refundNotExist, _), (.tradeOverdue, _), (.error, _), (.userAccountAbnormal, _): .query
    case (.refundFeeMismatch, _), (.invalidTransactionID, _): .query
    case (.noAuth, _), (.certError, _), (.appIDNotExist, _), (.merchantIDNotExist, _): .configure
    case (.appIDMerchantIDNotMatch, _): .configure
    // Also what a wrong API key looks like, but then every call fails so, from the first.
    case (.signError, _): .configure
    case (.paramError, _), (.lackParams, _), (.xmlFormatError, _): .correctProgram
    case (.requirePostMethod, _), (.postDataEmpty, _), (.notUTF8, _): .correctProgram
    case (.other, _): .query
    }
  }

  /// Whether a verified answer with this code proves that the call changed nothing.
  func outcome(of call: WeChatCall) -> WeChatPayError.Outcome {
    switch handling(of: call) {
    case .notThere: .didNotHappen
    case .sendAgain, .query: .unknown
    case .done, .openNext, .tellBuyer, .configure, .correctProgram, .slowDown, .waitForFunds, .stop:
      // A question that was refused leaves open what was asked.
      call.isQuestion ? .unknown : .didNotHappen
    }
  }
}
