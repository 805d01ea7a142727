package import Payments
package import Server

/// A refund as the merchant API shows it; `refund show --json` prints the same.
package func merchantView(of refund: Refund, nextTryAt: BeijingTime?, now: BeijingTime) -> JSON {
  RefundView(refund, nextTryAt: nextTryAt, now: now).forMerchant
}

/// A refund as the world outside sees it. Amounts are in fen, times in Beijing time.
struct RefundView {
  private let refund: Refund
  private let nextTryAt: BeijingTime?
  private let now: BeijingTime

  /// - Parameter nextTryAt: `nil` when nothing is planned, or it is being tried right now.
  init(_ refund: Refund, nextTryAt: BeijingTime? = nil, now: BeijingTime) {
    self.refund = refund
    self.nextTryAt = nextTryAt
    self.now = now
  }

  /// As part of the buyer's order: without what only the merchant should read.
  var forBuyer: JSON { .object(common + Self.members(["notice": JSON(notice)])) }

  /// As part of an order that the merchant sees.
  var ofOrder: JSON { .object(common + work) }

  /// By itself, in the merchant's list: with the order and the buyer it belongs to.
  var forMerchant: JSON { .object(whole) }

  /// As the answer to who wanted it made: the same wish twice is one refund, and must not be taken for
  /// two.
  func forMerchant(isRepeated: Bool) -> JSON {
    .object(whole + Self.members(["repeated": .bool(isRepeated)]))
  }

  private var whole: [JSON.Member] {
    common + work
      + Self.members([
        "next_try_at": JSON(nextTryAt), "order_no": JSON(refund.order),
        "out_trade_no": JSON(refund.outTradeNo), "transaction_id": JSON(refund.transactionID),
        "total_fee": JSON(refund.total.amount), "openid": JSON(refund.payer),
      ])
  }

  private static func members(_ pairs: KeyValuePairs<String, JSON>) -> [JSON.Member] {
    pairs.map { JSON.Member(name: $0.key, value: $0.value) }
  }

  private var common: [JSON.Member] {
    Self.members([
      "out_refund_no": JSON(refund.number), "refund_id": JSON(refund.refundID),
      "refund_fee": JSON(refund.amount.amount), "applied_fee": JSON(refund.appliedAmount.amount),
      "state": JSON(refund.state.rawValue), "kind": JSON(refund.kind.rawValue),
      "reason": JSON(refund.reason), "review_reason": JSON(refund.reviewReason),
      "applied_at": JSON(refund.appliedAt), "succeeded_at": JSON(refund.succeededAt),
      "overdue": .bool(refund.isOverdue(at: now)),
    ])
  }

  private var work: [JSON.Member] {
    Self.members([
      "waiting_for": JSON(refund.wait?.rawValue), "remark": JSON(refund.remark),
      "sends": JSON(Int64(refund.sends)),
    ])
  }

  /// What the buyer may count on, and nothing more: banks take their time.
  private var notice: String? {
    switch refund.state {
    case .applied: "退款申请已提交，等待商家处理。"
    case .awaitingGoods: "商家已同意退货，请寄回商品；商家收货后退款。"
    case .approved, .sending: "商家已同意退款，正在提交微信支付。"
    case .processing: "微信支付已受理：退回零钱一般 20 分钟内到账，退回银行卡一般需 1–3 个工作日。"
    case .succeeded: "退款已成功，款项已退回原支付账户；银行卡入账时间以银行为准。"
    case .abnormal: "退款未能退回原支付账户（如银行卡已注销），商家将与您联系。"
    case .closed, .refused: "本次退款未成功，请联系商家。"
    case .rejected: "商家未同意退款申请。"
    case .withdrawn: "退款申请已撤回。"
    }
  }
}
