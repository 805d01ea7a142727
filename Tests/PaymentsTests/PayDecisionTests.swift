import Payments
import Testing

@Suite struct PayDecisionTests {
  private static let now = BeijingTime(microseconds: 1_795_222_991_000_000)
  private static let (buyer, stranger) = (OpenID("oBuyer")!, OpenID("oStranger")!)

  private func order(expiresAt: BeijingTime? = nil) -> Order {
    Order(
      merchant: MerchantName("main")!, number: OutTradeNo("20261121-7")!, openID: nil,
      total: Fen(1990)!, body: "tea", attach: nil, detail: nil, expiresAt: expiresAt)
  }

  private func attempt(
    _ state: PaymentState, _ closing: Closing?, total: Int64 = 1990, prepayID: PrepayID? = nil,
    isUnplaced: Bool = false, refusal: PlacingRefusal? = nil
  ) -> PaymentAttempt {
    PaymentAttempt(
      merchant: MerchantName("main")!, order: OutTradeNo("20261121-7")!,
      outTradeNo: OutTradeNo("20261121-7")!, number: 1, state: state, openID: Self.buyer,
      total: Fen(total)!, parameters: "", prepayID: prepayID,
      prepayExpiresAt: prepayID.map { _ in Self.now.adding(seconds: 3600) }, transactionID: nil,
      paidAt: nil, closing: closing, isUnplaced: isUnplaced, refusal: refusal)
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

  private func decide(_ latest: PaymentAttempt) -> PayDecision {
    order().decidePay(latest: latest, payer: Self.buyer, now: Self.now)
  }

  @Test func `what WeChat never took gives way, what it may have taken is sent as it was`() {
    let unplaced = attempt(.created, nil, isUnplaced: true)
    #expect(decide(unplaced) == .renew(unplaced))
    let unknown = attempt(.created, nil)
    #expect(decide(unknown) == .send(unknown))
    let unplacedBefore = attempt(.created, nil, total: 1, isUnplaced: true)
    #expect(decide(unplacedBefore) == .renew(unplacedBefore))
    let unknownBefore = attempt(.created, nil, total: 1)
    #expect(decide(unknownBefore) == .replace(unknownBefore))
  }

  @Test func `a refusal is told again for a while, unless the order has changed`() {
    let fresh = PlacingRefusal(text: "WECHAT_REFUSED: no.", until: Self.now.adding(seconds: 1))
    let old = PlacingRefusal(text: "WECHAT_REFUSED: no.", until: Self.now)
    for state in [PaymentState.created, .unpaid] {
      #expect(decide(attempt(state, nil, refusal: fresh)) == .repeatRefusal(fresh))
      let over = attempt(state, nil, refusal: old)
      #expect(decide(over) == .send(over))
      let changed = attempt(state, nil, total: 1, refusal: fresh)
      #expect(decide(changed) == .replace(changed))
    }
    // What opens the cashier is no worse for a later refusal.
    let open = attempt(.unpaid, nil, prepayID: PrepayID("wx1"), refusal: fresh)
    #expect(decide(open) == .sign(open))
  }

  @Test(arguments: Closing.allCases)
  func `only the merchant's closing ends an order`(closing: Closing) {
    #expect(
      decide(attempt(.closed, closing))
        == (closing == .merchant ? .refuse(.orderClosed) : .open(attempt: 2)))
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
