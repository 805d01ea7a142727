import Payments
import Testing

@Suite struct PayDecisionTests {
  private static let now = BeijingTime(microseconds: 1_795_222_991_000_000)
  private static let (buyer, stranger) = (OpenID("oBuyer")!, OpenID("oStranger")!)

  private func order(expiresAt: BeijingTime? = nil) -> Order {
    Order(
      merchant: MerchantName("main")!, number: OutTradeNo("20261121-7")!, openID: nil,
      total: Fen(1990)!, body: Description("tea")!, attach: nil, detail: nil, expiresAt: expiresAt)
  }

  private func attempt(_ state: PaymentState, _ closing: Closing?) -> PaymentAttempt {
    PaymentAttempt(
      merchant: MerchantName("main")!, order: OutTradeNo("20261121-7")!,
      outTradeNo: OutTradeNo("20261121-7")!, number: 1, state: state, openID: Self.buyer,
      total: Fen(1990)!, parameters: "", prepayID: nil, prepayExpiresAt: nil, transactionID: nil,
      paidAt: nil, closing: closing)
  }

  /// Whatever became of an order that another buyer has taken, strangers see none, unless they may
  /// pay it.
  @Test(arguments: [
    (PaymentState.created, nil), (.unpaid, nil), (.paid, nil), (.closed, Closing.merchant),
  ])
  func `an order of another buyer is not found`(state: PaymentState, closing: Closing?) {
    let latest = attempt(state, closing)
    #expect(
      order().decidePay(latest: latest, payer: Self.stranger, now: Self.now)
        == .refuse(.orderNotFound))
    #expect(
      order().decidePay(latest: latest, payer: Self.buyer, now: Self.now)
        != .refuse(.orderNotFound))
  }

  @Test(arguments: [Closing.replaced, .wechat])
  func `an expired order of another buyer is not found`(closing: Closing) {
    let order = order(expiresAt: Self.now)
    let latest = attempt(.closed, closing)
    #expect(
      order.decidePay(latest: latest, payer: Self.stranger, now: Self.now)
        == .refuse(.orderNotFound))
    #expect(
      order.decidePay(latest: latest, payer: Self.buyer, now: Self.now) == .refuse(.orderExpired))
  }
}
