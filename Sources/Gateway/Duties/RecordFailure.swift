import Payments
import Store
import WeChatPay

extension PaymentAttempts {
  /// Keeps in the order's history that a call to WeChat brought no result, so that whoever looks
  /// at it later sees why the buyer could not pay.
  func recordFailure(_ attempt: PaymentAttempt, _ error: WeChatPayError, by act: Act) throws {
    switch error.outcome {
    case .didNotHappen: try note(attempt, "refused", "\(error)", by: act)
    case .unknown: try note(attempt, "unanswered", "\(error)", by: act)
    }
  }
}
