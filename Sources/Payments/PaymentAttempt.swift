/// One attempt to have an order paid: one `out_trade_no`, one set of parameters that never changes.
package struct PaymentAttempt: Sendable, Equatable {
  /// Whose order it is for.
  package let merchant: MerchantName
  /// The shop's order number, `Order.number`.
  package let order: OutTradeNo
  /// The number under which WeChat knows the attempt (商户订单号).
  package let outTradeNo: OutTradeNo
  /// 1 for the first attempt of an order.
  package let number: Int
  /// Where it stands, as last recorded.
  package let state: PaymentState
  /// `nil` when the order was closed before anybody asked to pay.
  package let openID: OpenID?
  /// The order's total when the attempt was opened (订单总金额).
  package let total: Fen
  /// The business parameters of unifiedorder as they were recorded before the first call; every
  /// repetition sends exactly these.
  package let parameters: String
  /// The newest prepay session; `nil` before WeChat has given one.
  package let prepayID: PrepayID?
  /// Until when `prepayID` opens the cashier.
  package let prepayExpiresAt: BeijingTime?
  /// WeChat's number of the payment; `nil` until it is paid.
  package let transactionID: TransactionID?
  /// When the buyer paid, as WeChat says (支付完成时间); `nil` until it is paid.
  package let paidAt: BeijingTime?
  /// Why it was closed; kept when a late payment moves it to paid.
  package let closing: Closing?
  /// Proven: WeChat has never taken it, and no call is under way that could still place it.
  package let isUnplaced: Bool
  /// What the buyer was told when WeChat last refused to place it.
  package let refusal: PlacingRefusal?

  package init(
    merchant: MerchantName, order: OutTradeNo, outTradeNo: OutTradeNo, number: Int,
    state: PaymentState, openID: OpenID?, total: Fen, parameters: String, prepayID: PrepayID?,
    prepayExpiresAt: BeijingTime?, transactionID: TransactionID?, paidAt: BeijingTime?,
    closing: Closing?,
    isUnplaced: Bool = false, refusal: PlacingRefusal? = nil
  ) {
    self.merchant = merchant
    self.order = order
    self.outTradeNo = outTradeNo
    self.number = number
    self.state = state
    self.openID = openID
    self.total = total
    self.parameters = parameters
    self.prepayID = prepayID
    self.prepayExpiresAt = prepayExpiresAt
    self.transactionID = transactionID
    self.paidAt = paidAt
    self.closing = closing
    self.isUnplaced = isUnplaced
    self.refusal = refusal
  }
}

/// What a buyer was told when WeChat refused to place an attempt.
package struct PlacingRefusal: Sendable, Equatable {
  /// Code and sentence, as they were answered.
  package let text: String
  /// Until then it is told again without asking WeChat.
  package let until: BeijingTime

  package init(text: String, until: BeijingTime) {
    self.text = text
    self.until = until
  }
}

/// Why an attempt was closed.
package enum Closing: String, CaseIterable, Sendable {
  /// The merchant closed the order: it cannot be paid any more.
  case merchant
  /// The order's amount changed: the next attempt carries the new one.
  case replaced
  /// WeChat closed it, or knows it as closed: another attempt may be opened.
  case wechat
  /// Its time to pay was over, and nobody had paid.
  case expired
  /// WeChat never took it: another attempt may be opened, with fresh parameters.
  case unplaced
  /// Its number stood for an order that another program had placed; that one is closed.
  case foreign
}
