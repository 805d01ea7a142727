/// One attempt to have an order paid: one `out_trade_no`, one set of parameters that never changes.
public struct PaymentAttempt: Sendable, Equatable {
  /// Whose order it is for.
  public let merchant: MerchantName
  /// The shop's order number, `Order.number`.
  public let order: OutTradeNo
  /// The number under which WeChat knows the attempt (商户订单号).
  public let outTradeNo: OutTradeNo
  /// 1 for the first attempt of an order.
  public let number: Int
  /// Where it stands, as last recorded.
  public let state: PaymentState
  /// `nil` when the order was closed before anybody asked to pay.
  public let openID: OpenID?
  /// The order's total when the attempt was opened (订单总金额).
  public let total: Fen
  /// The business parameters of unifiedorder as they were recorded before the first call; every
  /// repetition sends exactly these.
  public let parameters: String
  /// The newest prepay session; `nil` before WeChat has given one.
  public let prepayID: PrepayID?
  /// Until when `prepayID` opens the cashier.
  public let prepayExpiresAt: BeijingTime?
  /// WeChat's number of the payment; `nil` until it is paid.
  public let transactionID: TransactionID?
  /// When the buyer paid, as WeChat says (支付完成时间); `nil` until it is paid.
  public let paidAt: BeijingTime?
  /// Why it was closed; kept when a late payment moves it to paid.
  public let closing: Closing?
  /// Proven: WeChat has never taken it, and no call is under way that could still place it.
  public let isUnplaced: Bool
  /// What the buyer was told when WeChat last refused to place it.
  public let refusal: PlacingRefusal?

  public init(
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
public struct PlacingRefusal: Sendable, Equatable {
  /// Code and sentence, as they were answered.
  public let text: String
  /// Until then it is told again without asking WeChat.
  public let until: BeijingTime

  public init(text: String, until: BeijingTime) {
    self.text = text
    self.until = until
  }
}

/// Why an attempt was closed.
public enum Closing: String, CaseIterable, Sendable {
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
