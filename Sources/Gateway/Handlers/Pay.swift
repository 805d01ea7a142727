import Linux
import Payments
import Server
import Store
import WeChatPay

/// `POST pay`: gives the mini-program what `wx.requestPayment` needs.
///
/// The amount comes from `shop_order`. The intent is committed before WeChat is asked, so that a
/// repetition after any crash asks again with the same number and the same parameters.
enum Pay {
  static func handle(_ context: Context) throws -> Response {
    let (session, merchant) = try context.buyer()
    let wish = try Wish(try context.json())
    // Each round changes what the next one finds: an attempt opened, replaced, or closed by WeChat.
    for _ in 0..<4 {
      let record = try context.gateway.orders.find(
        merchant: merchant.name, number: wish.order, until: context.request.deadline)
      guard let record else { throw Refusal(.orderNotFound) }
      let decision = record.order.decidePay(
        latest: record.attempt, payer: session.openID, now: context.now)
      if case .refuse(let refusal) = decision { throw refusal }
      try wish.compare(with: record.order)
      if let payment = try follow(decision, of: record.order, session.openID, merchant, context) {
        return Answer.json(payment.json)
      }
    }
    throw Refusal(.wechatUnavailable)
  }

  /// - Returns: what opens the cashier; `nil` when the order has to be looked at again.
  private static func follow(
    _ decision: PayDecision, of order: Order, _ payer: OpenID, _ merchant: Merchant,
    _ context: Context
  ) throws -> RequestPayment? {
    switch decision {
    case .refuse(let refusal): throw refusal
    case .sign(let attempt):
      let signType = try UnifiedOrder(stored: attempt.parameters).signType
      return attempt.prepayID.map {
        RequestPayment(prepayID: $0, merchant: merchant, signType: signType, now: context.now)
      }
    case .send(let attempt): return try send(attempt, merchant, context)
    case .replace(let attempt):
      _ = try CloseAttempt(context.conversation(merchant)).close(
        attempt, .replaced, by: context.act("buyer"))
      return nil
    case .open(let number):
      guard let attempt = try open(number, of: order, payer, merchant, context) else { return nil }
      return try send(attempt, merchant, context)
    }
  }

  /// - Returns: the attempt as recorded; `nil` when another request was faster.
  private static func open(
    _ first: Int, of order: Order, _ payer: OpenID, _ merchant: Merchant, _ context: Context
  ) throws -> PaymentAttempt? {
    var number = first
    while true {
      let attempt = try PaymentAttempt(
        order, number: number, payer: payer, merchant: merchant,
        payerAddress: context.request.remoteAddress, now: context.now)
      crashPoint("P0")
      let opening = try context.gateway.attempts.open(attempt, by: context.act("buyer"))
      crashPoint("P1")
      switch opening {
      case .opened: return attempt
      case .existed: return nil
      // A shop with orders `A` and `A-2`: the number was given away before we needed it.
      case .taken: number += 1
      }
    }
  }

  private static func send(
    _ attempt: PaymentAttempt, _ merchant: Merchant, _ context: Context
  ) throws -> RequestPayment? {
    let order = try UnifiedOrder(stored: attempt.parameters)
    let prepayID: PrepayID
    do throws(WeChatPayError) {
      prepayID = try context.conversation(merchant).weChat.pay(order)
    } catch {
      return try recover(from: error, attempt, merchant, context)
    }
    crashPoint("P3")
    try context.gateway.attempts.recordAccepted(
      attempt, prepayID: prepayID, expiresAt: context.now.adding(seconds: prepayLifeSeconds),
      by: context.act("buyer"))
    crashPoint("P4")
    return RequestPayment(
      prepayID: prepayID, merchant: merchant, signType: order.signType, now: context.now)
  }

  /// WeChat keeps a prepay_id for 2 hours, whatever `time_expire` says.
  private static let prepayLifeSeconds: Int64 = 2 * 3600

  /// What WeChat says about the number is more than we knew: ask, record, look again.
  private static func recover(
    from error: WeChatPayError, _ attempt: PaymentAttempt, _ merchant: Merchant,
    _ context: Context
  ) throws -> RequestPayment? {
    switch error.code {
    case .orderPaid, .orderClosed, .outTradeNoUsed, .invalidRequest:
      let state = try AskWeChat(context.conversation(merchant)).ask(attempt)
      guard state == .paid || state == .closed else { throw error }
      return nil
    default:
      try context.gateway.attempts.recordFailure(attempt, error, by: context.act("buyer"))
      throw error
    }
  }
}

/// What the client sends: an order number, and at most an amount to compare.
private struct Wish {
  let order: OutTradeNo
  let total: Int64?

  init(_ body: JSON) throws(Refusal) {
    guard let order = body["out_trade_no"]?.string.flatMap(OutTradeNo.init) else {
      throw Refusal(
        .malformedRequest, "out_trade_no: expected 6 to 32 characters of 0-9 A-Z a-z _ - | *.")
    }
    self.order = order
    guard let sent = body["total_fee"] else {
      total = nil
      return
    }
    guard let total = sent.integer else {
      throw Refusal(.malformedRequest, "total_fee: expected a whole number of fen.")
    }
    self.total = total
  }

  func compare(with order: Order) throws(Refusal) {
    if let total, total != order.total.amount { throw Refusal(.amountMismatch) }
  }
}

extension PaymentAttempt {
  /// The attempt with everything WeChat will be told of it.
  fileprivate init(
    _ order: Order, number: Int, payer: OpenID, merchant: Merchant, payerAddress: String,
    now: BeijingTime
  ) throws {
    guard let outTradeNo = OutTradeNo(order: order.number, attempt: number) else {
      throw Refusal(
        .orderConflict, "The order number is too long for another attempt: create a new order.")
    }
    let parameters = try UnifiedOrder(
      order: order, outTradeNo: outTradeNo, openID: payer, merchant: merchant,
      payerAddress: payerAddress, now: now)
    self.init(
      merchant: order.merchant, order: order.number, outTradeNo: outTradeNo, number: number,
      state: .created, openID: payer, total: order.total, parameters: parameters.stored,
      prepayID: nil, prepayExpiresAt: nil, transactionID: nil, paidAt: nil, closing: nil)
  }
}

extension RequestPayment {
  fileprivate var json: JSON {
    [
      "appId": JSON(appId), "timeStamp": JSON(timeStamp), "nonceStr": JSON(nonceStr),
      "package": JSON(package), "signType": JSON(signType), "paySign": JSON(paySign),
    ]
  }
}
