/// Everything WeChat knows: a value, changed by events only, so that a replay of its journal yields
/// it again.
struct Ledger: Sendable {
  private(set) var orders: [String: Order] = [:]
  /// Numbers of orders, oldest first.
  private(set) var orderNumbers: [String] = []
  private(set) var codes: [String: LoginCode] = [:]
  private(set) var openIDs: Set<String> = []
  private(set) var refunds = Refunds()
  private var orderByPrepay: [String: String] = [:]
  private var orderByTransaction: [String: String] = [:]

  func order(prepayID: String) -> Order? { orderByPrepay[prepayID].flatMap { orders[$0] } }
  func order(transactionID: String) -> Order? {
    orderByTransaction[transactionID].flatMap { orders[$0] }
  }

  /// - Parameter now: when it happened, in microseconds since 1970.
  mutating func apply(_ event: LedgerEvent, at now: Int64) {
    switch event {
    case .codeMade(let code, let openID):
      codes[code] = LoginCode(openID: openID, madeAt: now)
      openIDs.insert(openID)
    case .codeUsed(let code):
      codes[code]?.isUsed = true
    case .orderCreated(let outTradeNo, let parameters, let signType, let expiresAt):
      orders[outTradeNo] = Order(
        outTradeNo: outTradeNo, parameters: parameters, signType: signType, createdAt: now,
        expiresAt: expiresAt)
      orderNumbers.append(outTradeNo)
    case .orderSent(let outTradeNo, let signType):
      orders[outTradeNo]?.transmissions += 1
      orders[outTradeNo]?.signType = signType
    case .prepayMade(let outTradeNo, let prepay):
      orders[outTradeNo]?.prepays.append(prepay)
      orderByPrepay[prepay.id] = outTradeNo
    case .prepayExpired(let prepayID):
      expire(prepayID, at: now)
    case .paid(let outTradeNo, let payment):
      orders[outTradeNo]?.payment = payment
      orders[outTradeNo]?.recordedState = .success
      orderByTransaction[payment.transactionID] = outTradeNo
    case .stateChanged(let outTradeNo, let state):
      orders[outTradeNo]?.recordedState = state
    case .notified(let outTradeNo, let attempt):
      orders[outTradeNo]?.attempts.append(attempt)
    case .refund(let event):
      refunds.apply(event, at: now)
    }
  }

  private mutating func expire(_ prepayID: String, at now: Int64) {
    guard let outTradeNo = orderByPrepay[prepayID],
      let place = orders[outTradeNo]?.prepays.firstIndex(where: { $0.id == prepayID })
    else { return }
    orders[outTradeNo]?.prepays[place].expiresAt = now
  }
}

/// A code of `wx.login`: works once, for five minutes.
struct LoginCode: Sendable {
  let openID: String
  /// Microseconds since 1970.
  let madeAt: Int64
  var isUsed = false
}
