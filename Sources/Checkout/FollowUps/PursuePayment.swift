import Logging
import Payments
import Store
import WeChatPay

/// Finds out whether an attempt was paid, as long as nobody has said so, and closes it when its time
/// is over: notifications are not guaranteed.
struct PursuePayment {
  private let conversation: Conversation
  private let duty: Duty

  init(_ conversation: Conversation, _ duty: Duty) {
    self.conversation = conversation
    self.duty = duty
  }

  /// How long after the last moment to pay WeChat is still asked before it is told to close.
  /// Source: WeChat Pay APIv2, 查询订单 and 关闭订单.
  private static let graceSeconds: Int64 = 300

  func run() throws -> DutyEnding {
    let (services, merchant) = (conversation.services, conversation.merchant)
    guard let number = OutTradeNo(duty.subject),
      let attempt = try services.attempts.find(
        merchant.name, number, until: conversation.deadline)
    else { return .done }
    guard attempt.state == .created || attempt.state == .unpaid else { return try leave(attempt) }
    do {
      // Before a moment of the calls to WeChat is taken: there will be none.
      try conversation.requireReach(of: attempt, to: .orderQuery)
      switch try services.pace.take(.query, merchant.name, until: conversation.deadline) {
      case nil: break
      case .crowded(let seconds): return .notBegun(afterSeconds: seconds + .random(in: 0...1))
      case .paused(let pause): return .notBegun(afterSeconds: pause.seconds + .random(in: 1...5))
      }
      switch try AskWeChat(conversation).ask(attempt) {
      case .paid: return .done
      // Once more for why it is closed.
      case .closed: return .again(afterSeconds: 0, isFresh: true)
      case .created, .unpaid: break
      }
      let left = try attempt.secondsLeft(at: conversation.now) + Self.graceSeconds
      guard left <= 0 else {
        return .again(
          afterSeconds: min(Patience.payment.seconds(attempt: duty.attempt + 1), left),
          isFresh: false)
      }
      let isClosed = try CloseAttempt(conversation).close(
        attempt, .expired, by: "duty")
      return isClosed ? .done : later
    } catch PaymentRefusal.orderPaid {
      // Recorded, or an alarm: else the refusal is WeChat's.
      return .done
    } catch let error as WeChatPayError {
      services.logger.warning(
        "no answer about a payment",
        metadata: ["out_trade_no": "\(number)", "reason": "\(error)"])
      return later
    }
  }

  private var later: DutyEnding {
    .again(afterSeconds: Patience.payment.seconds(attempt: duty.attempt + 1), isFresh: false)
  }

  /// WeChat may have closed an attempt before its time, by somebody's hand on its platform (商户平台).
  /// The buyer can still open another; who does not, until the time is over, has let it pass.
  private func leave(_ attempt: PaymentAttempt) throws -> DutyEnding {
    guard attempt.state == .closed, attempt.closing == .wechat else { return .done }
    let left = try attempt.secondsLeft(at: conversation.now)
    guard left <= 0 else { return .again(afterSeconds: left, isFresh: true) }
    try conversation.services.attempts.recordOver(attempt, by: conversation.act("duty"))
    return .done
  }
}

extension PaymentAttempt {
  /// WeChat's own limit for an order without one.
  private static let longestLifeSeconds: Int64 = 7 * 86_400

  /// Whether the buyer's time to pay it is over.
  ///
  /// An order that was closed before anybody asked to pay has no time of its own.
  func isOver(at now: BeijingTime) throws -> Bool {
    try !parameters.isEmpty && secondsLeft(at: now) <= 0
  }

  /// How long the buyer has to pay it, less than zero when that is over.
  ///
  /// Counted by what WeChat was told; the shop may have changed its mind since.
  func secondsLeft(at now: BeijingTime) throws -> Int64 {
    let order = try UnifiedOrder(stored: parameters)
    let end = order.expiresAt ?? order.startsAt.adding(seconds: Self.longestLifeSeconds)
    return end.seconds - now.seconds
  }
}
