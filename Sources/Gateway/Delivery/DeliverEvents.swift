import Linux
import Logging
import Payments
import Store
import WeChatPay

/// Tells the shop what has happened to an order: on each channel event after event, and the next
/// one only when the one before has arrived or was given up.
struct DeliverEvents {
  private let conversation: Conversation
  private let duty: Duty

  init(_ conversation: Conversation, _ duty: Duty) {
    self.conversation = conversation
    self.duty = duty
  }

  private var gateway: Gateway { conversation.gateway }
  private var merchant: MerchantName { conversation.merchant.name }

  func run() throws -> DutyEnding {
    guard let order = OutTradeNo(duty.subject) else { return .done }
    crashPoint("O1")
    var pauses: [Int64] = []
    for channel in gateway.shop.channels(of: merchant) {
      if let pause = try tellAll(of: order, on: channel) { pauses.append(pause) }
    }
    guard let pause = pauses.min() else { return .done }
    // The failures are counted with each event, not with the duty.
    return .again(afterSeconds: pause, isFresh: true)
  }

  /// - Returns: after how many seconds to go on; `nil` when everything is told.
  private func tellAll(of order: OutTradeNo, on channel: any Channel) throws -> Int64? {
    while true {
      // Whoever begins later may not end before the lease does.
      guard ContinuousClock.now + ShopAddress.patience < conversation.deadline else { return 0 }
      let next = try gateway.deliveries.next(
        channel.name, of: channel.events, merchant, order, duty, until: conversation.deadline)
      guard let pending = next else { return nil }
      if let rest = gateway.shop.breaker.restSeconds(merchant, channel.name) { return rest }
      let told = try gateway.shop.breaker.telling(merchant, channel.name) {
        try tell(pending, on: channel)
      }
      // At different times: all who were held back would come back at once.
      guard let told else { return .random(in: 2...10) }
      if let pause = told { return pause }
    }
  }

  /// - Returns: after how many seconds to try again; `nil` when the next event's turn has come.
  private func tell(_ pending: Deliveries.Pending, on channel: any Channel) throws -> Int64? {
    do {
      try channel.tell(pending.news, attempts: pending.attempts, in: conversation)
    } catch let failure as DeliveryFailure {
      return try note(failure, pending)
    }
    crashPoint("O2")
    gateway.shop.breaker.noteAnswer(merchant, channel.name)
    try gateway.deliveries.recordArrived(pending, by: conversation.act("delivery"))
    crashPoint("O3")
    return nil
  }

  private func note(
    _ failure: DeliveryFailure, _ pending: Deliveries.Pending
  ) throws -> Int64? {
    if failure.isOutage { gateway.shop.breaker.noteOutage(merchant, pending.channel) }
    let state = try gateway.deliveries.recordFailed(
      pending, remark: failure.remark, duty, by: conversation.act("delivery"))
    guard state != .dead else {
      gateway.logger.error(
        "delivery given up",
        metadata: [
          "merchant": "\(merchant)", "order": "\(pending.news.order)",
          "sequence": "\(pending.news.sequence)", "channel": "\(pending.channel.rawValue)",
          "reason": "\(failure.remark)",
        ])
      return nil
    }
    return Patience.delivery.seconds(attempt: pending.attempts + 1)
  }
}
