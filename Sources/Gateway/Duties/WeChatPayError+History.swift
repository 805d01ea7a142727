import WeChatPay

extension WeChatPayError {
  /// How an order's history calls it, so that whoever looks at it later sees why the buyer could not
  /// pay.
  var event: String {
    switch outcome {
    case .didNotHappen: "refused"
    case .unknown: "unanswered"
    }
  }
}
