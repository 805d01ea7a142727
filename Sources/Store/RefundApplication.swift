import OpenSSL
package import Payments

/// A wish to have money given back, as it is recorded before anybody decides on it.
package struct RefundApplication: Sendable {
  /// The payment attempt that was paid.
  package let payment: PaymentAttempt
  /// The number under which the refund goes to WeChat.
  package let number: OutRefundNo
  /// What is to be given back.
  package let amount: Fen
  package let kind: RefundKind
  package let reason: Reason
  /// Whose repetition answers as before; `nil` for one that is never taken for a repetition.
  package let key: RequestKey?
  /// The parameters to be sent, when it is approved at once by whoever applies.
  package let approvedParameters: String?
  /// How much a token may refund directly in a day; `nil`: any amount.
  package let dayLimit: RefundDayLimit?
  /// Whether a buyer applies, who may do so a few times.
  package let isByBuyer: Bool

  package init(
    payment: PaymentAttempt, number: OutRefundNo, amount: Fen, kind: RefundKind, reason: Reason,
    key: RequestKey?, approvedParameters: String?, dayLimit: RefundDayLimit? = nil,
    isByBuyer: Bool = false
  ) {
    self.payment = payment
    self.number = number
    self.amount = amount
    self.kind = kind
    self.reason = reason
    self.key = key
    self.approvedParameters = approvedParameters
    self.dayLimit = dayLimit
    self.isByBuyer = isByBuyer
  }

  var state: RefundState { approvedParameters == nil ? .applied : .approved }

  /// Whether a recorded refund is what this application asks for.
  func isContent(of refund: Refund) -> Bool {
    refund.order == payment.order && refund.outTradeNo == payment.outTradeNo
      && refund.appliedAmount == amount && refund.kind == kind
      && refund.reason.utf8.elementsEqual(reason.text.utf8)
  }
}

/// What makes a repetition of a request recognisable (幂等键).
package struct RequestKey: Sendable, Equatable {
  /// As recorded; keys of different origin cannot meet.
  let text: String
  /// Whether the key lives only as long as the application waits for its decision.
  private static let fleeting = "="
  /// Whether it lives as long as the refund may give money back.
  private static let standing = "~"

  /// The caller's own key: 1 to 64 visible ASCII characters. It is kept for ever.
  ///
  /// - Parameter holder: in whose name; two callers may have thought of the same key.
  /// - Returns: `nil` when the text has not this shape.
  package init?(_ text: String, of holder: String) {
    guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(\.isGraphic) else { return nil }
    self.text = Self.digest(holder).prefix(32) + ":" + text
  }

  /// Of a caller who sends none: the same wish twice is one wish, until it is decided.
  package init(wish: String, of holder: String) {
    text = Self.fleeting + Self.digest(holder + "\n" + wish)
  }

  /// Of a caller who refunds at once and sends no key: the same wish is the same refund, as long as
  /// it has not failed. Whoever lost the answer and asks again must not pay twice.
  package init(refundOnce wish: String, of holder: String) {
    text = Self.standing + Self.digest(holder + "\n" + wish)
  }

  private static func digest(_ text: String) -> String { hexadecimal(sha256(Array(text.utf8))) }

  /// What is left of a key once the refund is decided, in SQL.
  static let afterDecision = "IF(request_key LIKE '=%', NULL, request_key)"
  /// What is left of it once the refund is certain to give nothing back.
  static let afterFailure = "IF(request_key LIKE '~%', NULL, request_key)"
}
