import Linux
package import Payments
import Store
package import WeChatPay

/// Gives a buyer what starts the payment of an order (下单, 调起支付).
///
/// The amount comes from `shop_order`. The intent is committed before WeChat is asked, so that a
/// repetition after any crash asks again with the same number and the same parameters.
package struct OpenPayment {
  private let conversation: Conversation
  private let payer: OpenID
  private let payerAddress: String

  /// - Parameter payerAddress: the buyer's, as WeChat is told (`spbill_create_ip`).
  package init(_ conversation: Conversation, payer: OpenID, payerAddress: String) {
    self.conversation = conversation
    self.payer = payer
    self.payerAddress = payerAddress
  }

  private static let actor = "buyer"
  /// How often other requests may be faster.
  private static let rounds = 4

  private var services: Services { conversation.services }
  private var merchant: Merchant { conversation.merchant }

  /// - Parameters:
  ///   - number: the shop's own.
  ///   - total: what the client takes the order to cost, in fen; it is only compared.
  /// - Throws: `PayRefusal`, `CheckoutRefusal`, `PlacedElsewhere`, `RepeatedFailure`; `WeChatPayError`
  ///   when WeChat did not take the order or did not answer; `UnusableRow`.
  package func open(_ number: OutTradeNo, expecting total: Int64?) throws -> RequestPayment {
    // Each round changes what the next one finds: an attempt opened, replaced, or closed by WeChat.
    for _ in 0..<Self.rounds where ContinuousClock.now < conversation.deadline {
      let record = try services.orders.find(
        merchant: merchant.name, number: number, toBePaidBy: payer,
        until: conversation.lateDeadline)
      guard let record else { throw PayRefusal.orderNotFound }
      let decision = try record.decidePay(payer: payer, now: conversation.now)
      if case .refuse(let refusal) = decision { throw refusal }
      if let total, total != record.order.total.amount { throw CheckoutRefusal.amountMismatch }
      if let payment = try follow(decision, of: record.order) { return payment }
    }
    throw CheckoutRefusal.contended
  }

  /// - Returns: what opens the cashier; `nil` when the order has to be looked at again.
  private func follow(_ decision: PayDecision, of order: Order) throws -> RequestPayment? {
    switch decision {
    case .refuse(let refusal): throw refusal
    case .repeatRefusal(let refusal): throw RepeatedFailure(failure: PlacingFailure(refusal))
    case .sign(let attempt):
      let placed = try UnifiedOrder(stored: attempt.parameters)
      guard placed.isPlaced(by: merchant) else {
        throw PlacedElsewhere(until: attempt.prepayExpiresAt)
      }
      return attempt.prepayID.map { sign($0, placed) }
    case .send(let attempt):
      return try sendAgain(attempt, try UnifiedOrder(stored: attempt.parameters))
    case .renew(let attempt):
      let (_, fresh) = try placement(of: order, number: attempt.number)
      let sent = try UnifiedOrder(stored: attempt.parameters)
      guard fresh.mayFareBetter(than: sent) else { return try sendAgain(attempt, sent) }
      _ = try services.attempts.recordNeverPlaced(
        attempt, .unplaced, by: conversation.act(Self.actor))
      return nil
    case .replace(let attempt):
      guard try UnifiedOrder(stored: attempt.parameters).isPlaced(by: merchant) else {
        return try leave(attempt)
      }
      _ = try CloseAttempt(conversation).close(attempt, .replaced, by: Self.actor)
      return nil
    case .open(let number):
      guard let (attempt, parameters) = try open(number, of: order) else { return nil }
      return try send(attempt, parameters)
    }
  }

  private func sign(_ prepayID: PrepayID, _ placed: UnifiedOrder) -> RequestPayment {
    RequestPayment(
      prepayID: prepayID, merchant: merchant, signType: placed.signType, now: conversation.now)
  }

  /// Sends an attempt's recorded parameters once more.
  private func sendAgain(
    _ attempt: PaymentAttempt, _ parameters: UnifiedOrder
  ) throws -> RequestPayment? {
    guard parameters.isPlaced(by: merchant) else { return try leave(attempt) }
    guard try services.attempts.recordSending(attempt, by: conversation.act(Self.actor)) else {
      return nil
    }
    return try send(attempt, parameters)
  }

  /// The merchant's appid or mch_id is another since: nothing can be asked about the attempt, and the
  /// next one is opened as soon as nobody can pay this one.
  private func leave(_ attempt: PaymentAttempt) throws -> RequestPayment? {
    guard try services.attempts.recordOutOfReach(attempt, by: conversation.act(Self.actor)) else {
      throw attempt.prepayExpiresAt == nil
        ? CheckoutRefusal.contended : PlacedElsewhere(until: attempt.prepayExpiresAt)
    }
    return nil
  }

  /// - Returns: the attempt as recorded; `nil` when another request was faster.
  private func open(
    _ first: Int, of order: Order
  ) throws -> (PaymentAttempt, UnifiedOrder)? {
    var number = first
    while true {
      let (attempt, parameters) = try placement(of: order, number: number)
      crashPoint("P0")
      let opening = try services.attempts.open(
        attempt, isClaim: order.openID == nil, by: conversation.act(Self.actor))
      crashPoint("P1")
      switch opening {
      case .opened: return (attempt, parameters)
      case .existed: return nil
      // A shop with orders `A` and `A-2`: the number was given away before we needed it.
      case .taken: number += 1
      case .tooManyClaims: throw CheckoutRefusal.tooManyClaims
      }
    }
  }

  /// An attempt with everything that WeChat will be told of it.
  private func placement(
    of order: Order, number: Int
  ) throws -> (PaymentAttempt, UnifiedOrder) {
    guard let outTradeNo = OutTradeNo(order: order.number, attempt: number) else {
      throw CheckoutRefusal.numberTooLong
    }
    let parameters: UnifiedOrder
    do throws(UnifiedOrderRefusal) {
      parameters = try UnifiedOrder(
        order: order, outTradeNo: outTradeNo, openID: payer, merchant: merchant,
        payerAddress: payerAddress, now: conversation.now)
    } catch {
      guard error == .attach else { throw error }
      throw UnusableRow(table: "shop_order", column: "attach", order: order.number.text)
    }
    let attempt = PaymentAttempt(
      merchant: order.merchant, order: order.number, outTradeNo: outTradeNo, number: number,
      state: .created, openID: payer, total: order.total, parameters: parameters.stored,
      prepayID: nil, prepayExpiresAt: nil, transactionID: nil, paidAt: nil, closing: nil)
    return (attempt, parameters)
  }

  private func send(
    _ attempt: PaymentAttempt, _ parameters: UnifiedOrder
  ) throws -> RequestPayment? {
    let prepayID: PrepayID
    do throws(WeChatPayError) {
      prepayID = try conversation.weChat.pay(parameters)
    } catch {
      return try recover(from: error, attempt)
    }
    crashPoint("P3")
    try services.attempts.recordAccepted(
      attempt, prepayID: prepayID,
      expiresAt: conversation.now.adding(seconds: Self.prepayLifeSeconds),
      by: conversation.act(Self.actor))
    crashPoint("P4")
    return sign(prepayID, parameters)
  }

  /// WeChat keeps a prepay_id for 2 hours, whatever `time_expire` says.
  private static let prepayLifeSeconds: Int64 = 2 * 3600

  /// What WeChat says about the number is more than we knew: ask, record, look again.
  private func recover(
    from error: WeChatPayError, _ attempt: PaymentAttempt
  ) throws -> RequestPayment? {
    var didNotHappen = error.outcome == .didNotHappen
    switch error.code {
    case .orderPaid, .orderClosed, .outTradeNoUsed, .invalidRequest:
      switch try AskWeChat(conversation).word(about: attempt) {
      case .paid, .closed: return nil
      case .open:
        // Not as we would have it: another program has placed the number. Nobody is to pay that.
        _ = try CloseAttempt(conversation).close(
          attempt, .foreign, by: Self.actor, knowing: .open)
        return nil
      // It was refused for what it says, and not for its number.
      case .unknown: didNotHappen = true
      case .contradicted, .undecided: break
      }
    default: break
    }
    try services.attempts.recordFailure(
      PaymentAttempts.Failure(error, didNotHappen: didNotHappen, now: conversation.now),
      of: attempt, by: conversation.act(Self.actor))
    throw error
  }
}
