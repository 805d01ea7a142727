/// A refund that somebody wants, by the interface or on the merchant platform.
struct RefundWish: Sendable {
  /// 365 days, in microseconds.
  static let refundableTime: Int64 = 365 * 86_400 * 1_000_000
  static let maximumPerOrder = 50

  let outRefundNo: String
  /// In fen.
  let fee: Int64
  let source: Refund.Source
  let parameters: [Field]
  /// The address that the wish names; the merchant platform's counts when it names none.
  let notifyURL: String?

  /// What an order can still give back.
  ///
  /// - Returns: the payment to be refunded.
  func checkLimits(
    _ order: Order, _ refunds: Refunds, _ now: Int64
  ) throws(Refusal) -> Payment {
    guard let payment = order.payment else { throw .orderNotExist }
    guard now <= payment.paidAt + Self.refundableTime else { throw .tradeOverdue }
    let earlier = refunds.refunds(outTradeNo: order.outTradeNo)
    let held = earlier.filter(\.holdsAmount).reduce(0) { $0 + $1.fee }
    guard held + fee <= order.totalFee else { throw .refundExceedsPayment }
    guard earlier.count < Self.maximumPerOrder else { throw .tooManyRefunds }
    return payment
  }

  /// Two refunds of one order need a minute between them; repeats of one number do not come here.
  func checkSpacing(_ order: Order, _ refunds: Refunds, _ now: Int64) throws(Refusal) {
    guard let last = refunds.refunds(outTradeNo: order.outTradeNo).last else { return }
    guard now >= last.acceptedAt + refunds.spacingSeconds * 1_000_000 else { throw .tooFrequent }
  }

  func checkBalance(_ refunds: Refunds) throws(Refusal) {
    guard let balance = refunds.balance else { return }
    guard fee <= balance else { throw .notEnough }
  }

  func refund(_ order: Order, _ payment: Payment, _ refunds: Refunds, _ now: Int64) -> Refund {
    let plan = refunds.plan(outRefundNo: outRefundNo, outTradeNo: order.outTradeNo)
    return Refund(
      outRefundNo: outRefundNo, refundID: Numbers.refundID(at: now), outTradeNo: order.outTradeNo,
      transactionID: payment.transactionID, fee: fee, totalFee: order.totalFee, source: source,
      parameters: parameters, notifyURL: notifyURL ?? refunds.notifyURL, acceptedAt: now,
      ending: plan.ending(acceptedAt: now))
  }
}

extension Refund {
  /// What the ledger records when a refund is accepted; its end, too, when that is at once.
  var acceptance: [LedgerEvent] {
    var events: [LedgerEvent] = [
      .refund(.accepted(self)), .stateChanged(outTradeNo, .refund),
    ]
    if let ending, ending.at <= acceptedAt {
      events.append(.refund(.finished(outRefundNo, ending.status)))
    }
    return events
  }
}
