import Payments
import Store
import WeChatPay

extension Conversation {
  /// Makes sure that WeChat can be spoken to about an attempt: that it was placed under the appid and
  /// mch_id that the merchant has now. Under any other number WeChat does not know it, and that would
  /// be taken for the truth.
  ///
  /// - Throws: `WeChatPayError` when it was placed under others; the alarm is raised then, once.
  func requireReach(of attempt: PaymentAttempt, to call: WeChatCall) throws {
    // Of what another program has placed only its number is known.
    guard let placed = try? UnifiedOrder(stored: attempt.parameters),
      let obstacle = placed.obstacle(to: call, by: merchant)
    else { return }
    let alarm = Alarm.placedElsewhere
    try services.attempts.note(attempt, alarm.rawValue, alarm.sentence, by: act("duty"))
    throw obstacle
  }
}
