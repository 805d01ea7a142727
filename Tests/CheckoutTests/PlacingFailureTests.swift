import Payments
import Store
import Testing

@testable import Checkout
@testable import WeChatPay

/// What is recorded of a unified order that brought no `prepay_id`.
@Suite struct PlacingFailureTests {
  private func failure(_ error: WeChatPayError) -> PaymentAttempts.Failure {
    PaymentAttempts.Failure(
      error, didNotHappen: error.outcome == .didNotHappen, now: BeijingTime(microseconds: 0))
  }

  @Test func `a refusal that WeChat has not signed tells the buyer, and ends no wait`() {
    let failure = failure(WeChatPayError(.unifiedOrder, notAccepted: "签名错误"))
    #expect(failure.refusal != nil)
    #expect(!failure.didNotHappen)
    #expect(!failure.isAnswered)
  }

  @Test func `a signed refusal ends the wait, unless another host may still be at it`() {
    let refused = WeChatPayError(.unifiedOrder, code: .paramError, weChatText: nil)
    #expect(failure(refused).isAnswered)
    let lost = WeChatPayError(.unifiedOrder, wasSent: true, "an error page")
    #expect(!failure(refused.following(lost)).isAnswered)
    #expect(!failure(refused.following(lost)).didNotHappen)
    let troubled = WeChatPayError(.unifiedOrder, code: .systemError, weChatText: nil)
    #expect(failure(refused.following(troubled)).isAnswered)
  }

  @Test(arguments: [ErrorCode.systemError, .bizErrNeedRetry])
  func `WeChat's own trouble is no answer`(code: ErrorCode) {
    let failure = failure(WeChatPayError(.unifiedOrder, code: code, weChatText: nil))
    #expect(failure.refusal == nil)
    #expect(!failure.isAnswered)
  }
}
