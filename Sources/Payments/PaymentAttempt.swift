/// One attempt to have an order paid: one `out_trade_no`, one set of parameters that never changes.
public struct PaymentAttempt: Sendable, Equatable {
  public let merchant: MerchantName
  public let order: OutTradeNo
  public let outTradeNo: OutTradeNo
  /// 1 for the first attempt of an order.
  public let number: Int
  public let state: PaymentState
  /// `nil` when the order was closed before anybody asked to pay.
  public let openID: OpenID?
  public let total: Fen
  /// The business parameters of unifiedorder as they were recorded before the first call; every
  /// repetition sends exactly these.
  public let parameters: String
  public let prepayID: PrepayID?
  /// Until when `prepayID` opens the cashier.
  public let prepayExpiresAt: BeijingTime?
  public let transactionID: TransactionID?
  public let paidAt: BeijingTime?
  public let closing: Closing?

  public init(
    merchant: MerchantName, order: OutTradeNo, outTradeNo: OutTradeNo, number: Int,
    state: PaymentState, openID: OpenID?, total: Fen, parameters: String, prepayID: PrepayID?,
    prepayExpiresAt: BeijingTime?, transactionID: TransactionID?, paidAt: BeijingTime?,
    closing: Closing?
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
}
