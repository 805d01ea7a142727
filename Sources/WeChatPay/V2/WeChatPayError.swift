/// A call to WeChat that brought no result.
///
/// Whoever catches it asks `outcome` first: what did not happen may be refused, what is unknown
/// must be kept and asked again.
public struct WeChatPayError: Error, Sendable {
  /// What is known about the order or refund that the call was about.
  public enum Outcome: Sendable, Equatable {
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
  public let call: WeChatCall
  /// What is known; to be asked first.
  public let outcome: Outcome
  /// What to do about it.
  public let handling: Handling
  /// WeChat's code; `nil` when the call did not get as far as a verified answer.
  public let code: ErrorCode?
  /// For a person: what was expected, what came, what to do. Holds no secret and no openid.
  public let message: String
  /// WeChat's own words (`err_code_des` or `return_msg`), at most 128 characters.
  public let weChatText: String?

  /// No verified answer: nothing was sent, or what happened is unknown.
  init(
    _ call: WeChatCall, wasSent: Bool, _ message: String, handling: Handling? = nil,
    weChatText: String? = nil
  ) {
    self.call = call
    self.message = "\(call.rawValue): \(message)"
    self.weChatText = weChatText.map { String($0.prefix(128)) }
    code = nil
    // A question that was not even sent leaves open what it was to find out.
    outcome = wasSent || call.isQuestion ? .unknown : .didNotHappen
    self.handling = handling ?? Self.handling(of: call, wasSent: wasSent)
  }

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
    self.weChatText = weChatText.map { String($0.prefix(128)) }
    outcome = code.outcome(of: call)
    handling = code.handling(of: call)
    message = "\(call.rawValue): refused with \(code.word.prefix(64))"
  }
}

extension WeChatPayError: CustomStringConvertible {
  public var description: String {
    if let weChatText { "\(message) (\(weChatText))" } else { message }
  }
}
