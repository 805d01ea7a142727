import Checkout
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
    for _ in 0..<4 where ContinuousClock.now < context.request.deadline {
      let record = try context.services.orders.find(
        merchant: merchant.name, number: wish.order, toBePaidBy: session.openID,
        until: context.lateDeadline)
      guard let record else { throw Refusal(toPay: .orderNotFound) }
      let decision = try record.decidePay(payer: session.openID, now: context.now)
      if case .refuse(let refusal) = decision { throw Refusal(toPay: refusal) }
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
    case .repeatRefusal(let refusal): throw Refusal(repeating: refusal)
    case .sign(let attempt):
      let placed = try UnifiedOrder(stored: attempt.parameters)
      guard placed.isPlaced(by: merchant) else { throw Refusal(placedElsewhere: attempt) }
      return attempt.prepayID.map {
        RequestPayment(
          prepayID: $0, merchant: merchant, signType: placed.signType, now: context.now)
      }
    case .send(let attempt): return try sendAgain(attempt, merchant, context)
    case .renew(let attempt):
      let fresh = try PaymentAttempt(
        order, number: attempt.number, payer: payer, merchant: merchant,
        payerAddress: context.request.remoteAddress, now: context.now)
      guard
        try UnifiedOrder(stored: fresh.parameters).mayFareBetter(
          than: UnifiedOrder(stored: attempt.parameters))
      else { return try sendAgain(attempt, merchant, context) }
      _ = try context.services.attempts.recordNeverPlaced(
        attempt, .unplaced, by: context.conversation(merchant).act("buyer"))
      return nil
    case .replace(let attempt):
      guard try UnifiedOrder(stored: attempt.parameters).isPlaced(by: merchant) else {
        return try leave(attempt, context)
      }
      _ = try CloseAttempt(context.conversation(merchant)).close(attempt, .replaced, by: "buyer")
      return nil
    case .open(let number):
      guard let attempt = try open(number, of: order, payer, merchant, context) else { return nil }
      return try send(attempt, merchant, context)
    }
  }

  /// Sends an attempt's recorded parameters once more.
  private static func sendAgain(
    _ attempt: PaymentAttempt, _ merchant: Merchant, _ context: Context
  ) throws -> RequestPayment? {
    guard try UnifiedOrder(stored: attempt.parameters).isPlaced(by: merchant) else {
      return try leave(attempt, context)
    }
    guard try context.services.attempts.recordSending(attempt, by: context.act("buyer")) else {
      return nil
    }
    return try send(attempt, merchant, context)
  }

  /// The merchant's appid or mch_id is another since: nothing can be asked about the attempt, and the
  /// next one is opened as soon as nobody can pay this one.
  private static func leave(_ attempt: PaymentAttempt, _ context: Context) throws -> RequestPayment?
  {
    guard try context.services.attempts.recordOutOfReach(attempt, by: context.act("buyer")) else {
      throw attempt.prepayExpiresAt == nil
        ? Refusal(.wechatUnavailable) : Refusal(placedElsewhere: attempt)
    }
    return nil
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
      let opening = try context.services.attempts.open(
        attempt, isClaim: order.openID == nil, by: context.conversation(merchant).act("buyer"))
      crashPoint("P1")
      switch opening {
      case .opened: return attempt
      case .existed: return nil
      // A shop with orders `A` and `A-2`: the number was given away before we needed it.
      case .taken: number += 1
      case .tooManyClaims:
        throw Refusal(
          .tooManyOpenOrders,
          reason: "the buyer has \(PaymentAttempts.mostClaims) open attempts on orders that name no"
            + " openid; somebody may be claiming orders by guessing their numbers")
      }
    }
  }

  private static func send(
    _ attempt: PaymentAttempt, _ merchant: Merchant, _ context: Context
  ) throws -> RequestPayment? {
    let order = try UnifiedOrder(stored: attempt.parameters)
    let conversation = context.conversation(merchant)
    let prepayID: PrepayID
    do throws(WeChatPayError) {
      prepayID = try conversation.weChat.pay(order)
    } catch {
      return try recover(from: error, attempt, conversation)
    }
    crashPoint("P3")
    try conversation.services.attempts.recordAccepted(
      attempt, prepayID: prepayID, expiresAt: context.now.adding(seconds: prepayLifeSeconds),
      by: conversation.act("buyer"))
    crashPoint("P4")
    return RequestPayment(
      prepayID: prepayID, merchant: merchant, signType: order.signType, now: context.now)
  }

  /// WeChat keeps a prepay_id for 2 hours, whatever `time_expire` says.
  private static let prepayLifeSeconds: Int64 = 2 * 3600

  /// What WeChat says about the number is more than we knew: ask, record, look again.
  private static func recover(
    from error: WeChatPayError, _ attempt: PaymentAttempt, _ conversation: Conversation
  ) throws -> RequestPayment? {
    var didNotHappen = error.outcome == .didNotHappen
    switch error.code {
    case .orderPaid, .orderClosed, .outTradeNoUsed, .invalidRequest:
      switch try AskWeChat(conversation).word(about: attempt) {
      case .paid, .closed: return nil
      case .open:
        // Not as we would have it: another program has placed the number. Nobody is to pay that.
        _ = try CloseAttempt(conversation).close(attempt, .foreign, by: "buyer", knowing: .open)
        return nil
      // It was refused for what it says, and not for its number.
      case .unknown: didNotHappen = true
      case .contradicted, .undecided: break
      }
    default: break
    }
    try conversation.services.attempts.recordFailure(
      PaymentAttempts.Failure(error, didNotHappen: didNotHappen, now: conversation.now),
      of: attempt, by: conversation.act("buyer"))
    throw error
  }
}

extension PaymentAttempts.Failure {
  fileprivate init(_ error: WeChatPayError, didNotHappen: Bool, now: BeijingTime) {
    let answer = Refusal(error)
    let isDefinite = [.wechatRefused, .paymentMisconfigured].contains(answer.code)
    self.init(
      didNotHappen: didNotHappen, isPace: error.handling == .slowDown,
      isAnswered: isDefinite && error.isAnswered,
      refusal: isDefinite ? PlacingRefusal(answer, now: now) : nil, detail: "\(error)")
  }
}

extension PlacingRefusal {
  /// For so long WeChat is spared a buyer who presses pay again and again.
  private static let seconds: Int64 = 10

  fileprivate init(_ answer: Refusal, now: BeijingTime) {
    self.init(
      text: "\(answer)",
      until: BeijingTime(microseconds: now.microseconds + dueAfter(seconds: Self.seconds)))
  }
}

extension Refusal {
  fileprivate init(repeating refusal: PlacingRefusal) {
    let parts = refusal.text.split(separator: ": ", maxSplits: 1).map(String.init)
    self.init(
      parts.first.flatMap(Code.init(rawValue:)) ?? .wechatRefused,
      parts.count == 2 ? parts[1] : nil,
      reason: "WeChat refused the order less than 10 seconds ago; it is not asked again yet")
  }

  fileprivate init(placedElsewhere attempt: PaymentAttempt) {
    let end = attempt.prepayExpiresAt.map { " It can be paid here from \($0.rfc3339) on." } ?? ""
    self.init(
      .paymentMisconfigured,
      "The order's cashier belongs to another appid or mch_id than the shop has now." + end)
  }

  /// A stranger learns nothing, not even by the time it takes to find out which of the reasons it is.
  fileprivate init(toPay refusal: PayRefusal) {
    self.init(
      refusal,
      reason: refusal == .orderNotFound
        ? "no such order of this buyer: the number is unknown, or the order belongs to another buyer"
          + " or names another openid (an openid belongs to one appid)"
        : nil)
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
    let parameters: UnifiedOrder
    do throws(UnifiedOrderRefusal) {
      parameters = try UnifiedOrder(
        order: order, outTradeNo: outTradeNo, openID: payer, merchant: merchant,
        payerAddress: payerAddress, now: now)
    } catch {
      guard error == .attach else { throw error }
      throw UnusableRow(table: "shop_order", column: "attach", order: order.number.text)
    }
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
