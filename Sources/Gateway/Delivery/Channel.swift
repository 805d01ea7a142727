import Payments
import Store

/// A way on which a merchant's shop is told what happened.
protocol Channel: Sendable {
  var name: ShopChannel { get }
  /// What it is told of; everything else is passed over.
  var events: Set<ShopEvent> { get }

  /// Tells the shop, and returns when it has certainly got it.
  ///
  /// - Parameters:
  ///   - conversation: whose deadline ends the attempt.
  ///   - attempts: how often it was tried in vain.
  /// - Throws: `DeliveryFailure`; whatever else keeps us from telling.
  func tell(_ news: ShopNews, attempts: Int, in conversation: Conversation) throws
}

/// Why an event did not arrive.
struct DeliveryFailure: Error {
  /// For the operator; nothing of the message, no secret.
  let remark: String
  /// Whether nobody was there to listen, so that other events need not be tried now either.
  let isOutage: Bool
}
