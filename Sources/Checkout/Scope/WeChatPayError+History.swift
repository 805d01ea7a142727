import WeChatPay

extension WeChatPayError {
  /// How an order's history calls it, so that a person sees later why the buyer could not pay.
  var event: String {
    switch outcome {
    case .didNotHappen: "refused"
    case .unknown: "unanswered"
    }
  }
}
