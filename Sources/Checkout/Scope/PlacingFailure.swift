import Linux
package import Payments
import Store
package import WeChatPay

/// What a buyer is told when WeChat did not take an order.
package enum PlacingFailure: Sendable, Equatable {
  /// WeChat refuses every payment of the merchant: with these of its words, if everybody may see them.
  case misconfigured(String?)
  /// WeChat refuses this order: by this of its codes.
  case refused(String?)
  /// WeChat gave no usable answer: nobody knows yet.
  case unavailable

  /// WeChat's words stay in the log and in the order's history, but for those that say what is wrong
  /// in every shop alike.
  package init(_ error: WeChatPayError) {
    if error.isMisconfiguration {
      self = .misconfigured(error.commonWords.flatMap { $0.isHarmless ? $0 : nil })
    } else {
      // Asking again brings the same, unless WeChat has trouble of its own.
      switch error.code {
      case nil, .systemError, .bizErrNeedRetry: self = .unavailable
      case let code?: self = .refused(code.word.isHarmless ? code.word : nil)
      }
    }
  }

  /// Whether asking again brings the same.
  var isDefinite: Bool { self != .unavailable }
}

/// WeChat refused the order moments ago, and is not asked again yet.
package struct RepeatedFailure: Error, Sendable, CustomStringConvertible {
  package let failure: PlacingFailure

  package var description: String {
    "WeChat refused the order less than 10 seconds ago; it is not asked again yet"
  }
}

/// The order's cashier belongs to another appid or mch_id than the merchant has now.
package struct PlacedElsewhere: Error, Sendable, CustomStringConvertible {
  /// From when on it can be paid here.
  package let until: BeijingTime?

  package var description: String {
    let end = until.map { " It can be paid here from \($0.rfc3339) on." } ?? ""
    return "The order's cashier belongs to another appid or mch_id than the shop has now." + end
  }
}

extension PaymentAttempts.Failure {
  init(_ error: WeChatPayError, didNotHappen: Bool, now: BeijingTime) {
    let failure = PlacingFailure(error)
    self.init(
      didNotHappen: didNotHappen, isPace: error.handling == .slowDown,
      // Without a code there is no verified answer.
      isAnswered: failure.isDefinite && error.isAnswered,
      refusal: failure.isDefinite ? PlacingRefusal(failure, now: now) : nil, detail: "\(error)")
  }
}

extension PlacingRefusal {
  /// For so long WeChat is spared a buyer who presses pay again and again.
  private static let seconds: Int64 = 10

  fileprivate init(_ failure: PlacingFailure, now: BeijingTime) {
    self.init(
      text: failure.text,
      until: BeijingTime(microseconds: now.microseconds + dueAfter(seconds: Self.seconds)))
  }
}

extension PlacingFailure {
  /// As the attempt's row keeps it: `refused: PARAM_ERROR`.
  fileprivate var text: String {
    switch self {
    case .misconfigured(let words): "misconfigured: \(words ?? "")"
    case .refused(let word): "refused: \(word ?? "")"
    case .unavailable: "unavailable: "
    }
  }

  init(_ refusal: PlacingRefusal) {
    let parts = refusal.text.split(
      separator: ": ", maxSplits: 1, omittingEmptySubsequences: false)
    let word = parts.count == 2 && !parts[1].isEmpty ? String(parts[1]) : nil
    self = parts.first == "misconfigured" ? .misconfigured(word) : .refused(word)
  }
}

extension String {
  /// Whether it is one of WeChat's words and not a text.
  fileprivate var isHarmless: Bool { utf8.count <= 64 && !contains { $0 == " " || $0.isNewline } }
}
