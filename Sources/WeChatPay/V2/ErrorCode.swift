/// WeChat's reason for a business refusal (错误代码, `err_code`).
///
/// The list is open: WeChat adds codes without notice.
/// Source: WeChat Pay APIv2, 统一下单, 查询订单, 关闭订单, 错误码.
public enum ErrorCode: Sendable, Hashable {
  case systemError, invalidRequest, paramError
  case orderPaid, orderClosed, orderNotExist, outTradeNoUsed, tradeStateError
  case notEnough
  case noAuth, appIDNotExist, merchantIDNotExist, appIDMerchantIDNotMatch
  case lackParams, signError, xmlFormatError, requirePostMethod, postDataEmpty, notUTF8
  case other(String)

  static let known: [ErrorCode] = [
    .systemError, .invalidRequest, .paramError, .orderPaid, .orderClosed, .orderNotExist,
    .outTradeNoUsed, .tradeStateError, .notEnough, .noAuth, .appIDNotExist, .merchantIDNotExist,
    .appIDMerchantIDNotMatch, .lackParams, .signError, .xmlFormatError, .requirePostMethod,
    .postDataEmpty, .notUTF8,
  ]

  /// Reads `err_code`; a word that is not in the list becomes `other`.
  public init(word: String) {
    self = Self.known.first { $0.word == word } ?? .other(word)
  }

  /// The code as it stands on the wire.
  public var word: String {
    switch self {
    case .systemError: "SYSTEMERROR"
    case .invalidRequest: "INVALID_REQUEST"
    case .paramError: "PARAM_ERROR"
    case .orderPaid: "ORDERPAID"
    case .orderClosed: "ORDERCLOSED"
    case .orderNotExist: "ORDERNOTEXIST"
    case .outTradeNoUsed: "OUT_TRADE_NO_USED"
    case .tradeStateError: "TRADE_STATE_ERROR"
    case .notEnough: "NOTENOUGH"
    case .noAuth: "NOAUTH"
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
public enum Handling: Sendable, Equatable {
  /// Send exactly the same parameters again, later.
  case sendAgain
  /// Ask WeChat about the order (查单) before anything else is done with it.
  case query
  /// Nothing: what the call was to bring about is so already.
  case done
  /// The number is dead at WeChat: open the next attempt.
  case openNext
  /// WeChat does not know the number.
  case notThere
  /// The buyer must know, nobody else can do anything.
  case tellBuyer
  /// Alarm: the merchant's configuration, or its contract with WeChat, is wrong.
  case configure
  /// Alarm: WeChat says that the message was wrong; the program must be corrected.
  case correctProgram
}

extension ErrorCode {
  /// The tables of WeChat's manual, in one place.
  func handling(of call: WeChatCall) -> Handling {
    switch (self, call) {
    case (.systemError, _): .sendAgain
    case (.orderPaid, _), (.outTradeNoUsed, _), (.tradeStateError, _): .query
    // Sent before with other parameters: what WeChat has under the number is not what we think.
    case (.invalidRequest, _): .query
    case (.orderClosed, .unifiedOrder): .openNext
    case (.orderClosed, .closeOrder): .done
    case (.orderClosed, .orderQuery): .query
    case (.orderNotExist, _): .notThere
    case (.notEnough, _): .tellBuyer
    case (.noAuth, _), (.appIDNotExist, _), (.merchantIDNotExist, _): .configure
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
    switch (handling(of: call), call) {
    case (.notThere, _): .didNotHappen
    // A question that was refused leaves open what was asked.
    case (_, .orderQuery): .unknown
    case (.sendAgain, _), (.query, _): .unknown
    case (.done, _), (.openNext, _), (.tellBuyer, _): .didNotHappen
    case (.configure, _), (.correctProgram, _): .didNotHappen
    }
  }
}
