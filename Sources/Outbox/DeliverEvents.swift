package import Checkout
import Linux
import Logging
import Payments
package import Store
import WeChatPay

/// Tells the shop what has happened to an order: on each channel event after event, and the next
/// one only when the one before has arrived or was given up.
package struct DeliverEvents {
  private let shop: ShopChannels
  private let conversation: Conversation
  private let duty: Duty

  package init(_ shop: ShopChannels, _ conversation: Conversation, _ duty: Duty) {
    self.shop = shop
    self.conversation = conversation
    self.duty = duty
  }

  private var services: Services { conversation.services }
  private var merchant: MerchantName { conversation.merchant.name }

  /// What has become of the next event on a channel.
  private enum Step {
    /// It has arrived, or was given up.
    case ahead
    /// There is none.
    case allTold
    case later(seconds: Int64)
    /// The shop is slow, and enough wait for it.
    case heldBack
  }

  package func run() throws -> DutyEnding {
    guard let order = OutTradeNo(duty.subject) else { return .done }
    crashPoint("O1")
    var pauses: [Int64] = []
    var isAhead = false
    channels: for channel in shop.channels(of: merchant) {
      while true {
        switch try apart(channel, of: order, { try step(order, on: channel) }) {
        case .ahead: isAhead = true
        case .allTold: continue channels
        case .later(let seconds):
          pauses.append(seconds)
          continue channels
        case .heldBack:
          pauses.append(turn)
          // Nor would it be quicker on the next channel.
          break channels
        }
      }
    }
    guard let pause = pauses.min() else { return .done }
    return .again(afterSeconds: pause, isFresh: isAhead)
  }

  /// How long what was not tried waits: longer each time, or a crowd of orders that wait for one
  /// shop would keep the database busy with nothing else.
  private var turn: Int64 { Patience.turn.seconds(attempt: duty.attempt) }

  /// Keeps one channel's trouble from the others: a row that cannot be used, say.
  private func apart(
    _ channel: any Channel, of order: OutTradeNo, _ body: () throws -> Step
  ) throws -> Step {
    do {
      return try body()
    } catch {
      guard let failure = DeliveryFailure(error) else { throw error }
      services.logger.error(
        "no delivery",
        metadata: [
          "merchant": "\(merchant)", "order_no": "\(order)", "channel": "\(channel.name.rawValue)",
          "reason": "\(failure.remark)",
        ])
      return .later(seconds: Patience.delivery.seconds(attempt: duty.attempt))
    }
  }

  private func step(_ order: OutTradeNo, on channel: any Channel) throws -> Step {
    // Whoever begins later may not end before the lease does.
    guard ContinuousClock.now + ShopAddress.patience < conversation.deadline else {
      return .later(seconds: 0)
    }
    // Before the database is asked what there is to tell: all orders of an outage come by here.
    if let rest = shop.breaker.restSeconds(merchant, channel.name) {
      return .later(seconds: max(rest, turn))
    }
    let step = try shop.breaker.telling(merchant) { () -> Step in
      let next = try services.deliveries.next(
        channel.name, of: channel.events, merchant, order, duty, until: conversation.deadline)
      guard let pending = next else { return .allTold }
      let left = pending.secondsLeft(at: conversation.now)
      guard left == 0 else { return .later(seconds: left) }
      return try tell(pending, on: channel)
    }
    return step ?? .heldBack
  }

  private func tell(_ pending: Deliveries.Pending, on channel: any Channel) throws -> Step {
    let start = ContinuousClock.now
    let remark: String?
    do {
      defer { shop.breaker.noteDuration(.now - start, merchant, channel.name) }
      remark = try channel.tell(pending.news, attempts: pending.attempts, in: conversation)
    } catch {
      guard let failure = DeliveryFailure(error) else { throw error }
      return try note(failure, pending)
    }
    crashPoint("O2")
    shop.breaker.noteAnswer(merchant, channel.name)
    // What was tried before may have worked, and its repetition finds nothing to do.
    let isFirst = pending.isFirstTry && duty.attempt <= 1
    try services.deliveries.recordArrived(
      pending, remark: remark, isRemarkable: isFirst, by: conversation.act("delivery"))
    crashPoint("O3")
    if let remark, isFirst {
      services.logger.warning("delivered, but", metadata: metadata(pending, remark))
    }
    return .ahead
  }

  private func note(_ failure: DeliveryFailure, _ pending: Deliveries.Pending) throws -> Step {
    if failure.isOutage { shop.breaker.noteOutage(merchant, pending.channel) }
    let state = try services.deliveries.recordFailed(
      pending, remark: failure.remark, duty, by: conversation.act("delivery"))
    guard state != .dead else {
      services.logger.error("delivery given up", metadata: metadata(pending, failure.remark))
      return .ahead
    }
    // The first time only: it is tried for three days.
    if pending.attempts == 0 {
      services.logger.warning("delivery failed", metadata: metadata(pending, failure.remark))
    }
    return .later(seconds: Patience.delivery.seconds(attempt: pending.attempts + 1))
  }

  private func metadata(_ pending: Deliveries.Pending, _ reason: String) -> Logger.Metadata {
    let news = pending.news
    var metadata: Logger.Metadata = [
      "merchant": "\(merchant)", "order_no": "\(news.order)", "sequence": "\(news.sequence)",
      "event_told": "\(news.event.rawValue)", "channel": "\(pending.channel.rawValue)",
      "reason": "\(reason)",
    ]
    metadata["out_refund_no"] = news.refund.map { "\($0.number)" }
    return metadata
  }
}
