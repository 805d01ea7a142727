/// A call to WeChat that brought no result.
///
/// Whoever catches it asks `outcome` first: what did not happen may be refused, what is unknown
/// must be kept and asked again.
package struct WeChatPayError: Error, Sendable {
  /// What is known about the order or refund that the call was about.
  package enum Outcome: Sendable, Equatable {
    /// Proven: this call changed nothing at WeChat. After an orderquery or a refundquery: WeChat
    /// does not know the number.
    ///
    /// It speaks of this call alone. When a refund is sent again because an earlier call left it
    /// unknown, that the second did not happen says nothing about the first: only a refundquery
    /// can.
    case didNotHappen
    /// WeChat may or may not have done it: no answer, or none that can be believed.
    case unknown
  }

  /// The call that failed.
  package let call: WeChatCall
  /// What is known; to be asked first.
  package private(set) var outcome: Outcome
  /// What to do about it.
  package private(set) var handling: Handling
  /// WeChat's code; `nil` when the call did not get as far as a verified answer.
  package let code: ErrorCode?
  /// Whether WeChat has answered, verified, all that the call sent: nothing of it is still under way.
  package private(set) var isAnswered: Bool
  /// For a person: what was expected, what came, what to do. Holds no secret and no openid.
  package let message: String
  /// WeChat's own words (`err_code_des` or `return_msg`), at most 128 characters.
  package let weChatText: String?

  /// No verified answer: nothing was sent, or what happened is unknown.
  init(
    _ call: WeChatCall, wasSent: Bool, _ message: String, handling: Handling? = nil,
    weChatText: String? = nil
  ) {
    self.call = call
    self.message = "\(call.rawValue): \(message)"
    self.weChatText = weChatText.map { String($0.prefix(128)) }
    code = nil
    isAnswered = false
    // A question that was not even sent leaves open what it was to find out.
    outcome = wasSent || call.isQuestion ? .unknown : .didNotHappen
    self.handling = handling ?? Self.handling(of: call, wasSent: wasSent)
  }

  /// An answer with `return_code` FAIL: WeChat did not even look at what the message asks for.
  ///
  /// Such an answer bears no signature: anybody might have written it, so that it proves nothing
  /// about the outcome. It tells what to do, though: 签名错误 or 商户号mch_id不存在 come again for
  /// ever, until the configuration is mended. Source: WeChat Pay APIv2, 协议规则, 通信标识.
  init(_ call: WeChatCall, notAccepted text: String?) {
    let isBusy = text.map { text in Self.busy.contains { text.contains($0) } } ?? true
    self.init(
      call, wasSent: true, "WeChat did not accept the message; what happened is unknown",
      handling: isBusy ? nil : .configure, weChatText: text)
  }

  /// What WeChat's own troubles are told by: 系统繁忙, 请求超时, 请稍后再试, 频率过高.
  private static let busy = ["系统", "繁忙", "超时", "稍后", "频率", "频繁", "SYSTEM", "busy"]

  private static func handling(of call: WeChatCall, wasSent: Bool) -> Handling {
    switch call {
    case .unifiedOrder, .refund: wasSent ? .query : .sendAgain
    case .orderQuery, .closeOrder, .refundQuery: .sendAgain
    }
  }

  /// A verified answer whose `result_code` is FAIL.
  init(_ call: WeChatCall, code: ErrorCode, weChatText: String?) {
    self.call = call
    self.code = code
    isAnswered = true
    self.weChatText = weChatText.map { String($0.prefix(128)) }
    outcome = code.outcome(of: call)
    handling = code.handling(of: call)
    message = "\(call.rawValue): refused with \(code.word.prefix(64))"
  }

  /// The same error where the call had been sent before, to another host or before a SYSTEMERROR:
  /// what that may have done is not undone by a connection or a wish that was refused afterwards.
  func following(_ earlier: WeChatPayError?) -> WeChatPayError {
    guard let earlier, earlier.outcome == .unknown, !call.isQuestion else { return self }
    var error = self
    error.outcome = .unknown
    error.isAnswered = isAnswered && earlier.isAnswered
    if code == nil, handling == Self.handling(of: call, wasSent: false) {
      error.handling = Self.handling(of: call, wasSent: true)
    }
    return error
  }
}

extension WeChatPayError {
  /// Whether it comes again at each call until a person mends the merchant's configuration, or its
  /// contract with WeChat.
  package var isMisconfiguration: Bool { handling == .configure }

  /// WeChat's words, when they are among those that it has for a wrong configuration and that
  /// everybody may see; `nil` for any other text.
  package var commonWords: String? {
    weChatText.flatMap { text in Self.common.contains(text) ? text : nil }
  }

  private static let common: Set<String> = [
    "签名错误", "签名失败", "appid不存在", "mch_id不存在", "商户号mch_id不存在",
    "商户号mch_id或sub_mch_id不存在", "商户号mch_id与appid不匹配", "appid和mch_id不匹配",
    "appid与mch_id不匹配", "mch_id参数格式错误", "appid参数长度有误", "mch_id参数长度有误",
    "商户无此接口权限", "sign_type参数格式错误",
  ]
}

extension WeChatPayError: CustomStringConvertible {
  package var description: String {
    if let weChatText { "\(message) (\(weChatText))" } else { message }
  }
}
