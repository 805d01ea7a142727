/// The state of a refund as WeChat words it (退款状态, `refund_status`).
package enum RefundStatus: Sendable, Hashable {
  /// The buyer has the money. Final.
  case success
  /// Under way: a balance takes minutes, a bank card days.
  case processing
  /// Failed (退款关闭). Final; the amount is free again, for a refund with another number.
  case refundClose
  /// Abnormal (退款异常): the buyer's card is cancelled or frozen, the money is back at the merchant.
  /// A person goes on with it on the merchant platform.
  case change
  /// A word that the manual did not have: it changes nothing.
  case other(String)

  private static let known: [RefundStatus] = [.success, .processing, .refundClose, .change]

  /// Reads `refund_status`; a word that is not in the list becomes `other`.
  package init(word: String) {
    self = Self.known.first { $0.word == word } ?? .other(word)
  }

  /// The state as it stands on the wire.
  package var word: String {
    switch self {
    case .success: "SUCCESS"
    case .processing: "PROCESSING"
    case .refundClose: "REFUNDCLOSE"
    case .change: "CHANGE"
    case .other(let word): word
    }
  }
}
