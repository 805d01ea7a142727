import Curl
import Payments
import Store

/// Tells the shop by signed JSON.
///
/// Headers and signature are those of Standard Webhooks (`webhook-id`, `webhook-timestamp`,
/// `webhook-signature`), for which there are libraries in many languages.
struct WebhookChannel: Channel {
  let name = ShopChannel.webhook
  let events: Set<ShopEvent>
  private let address: ShopAddress
  private let keys: [WebhookKey]

  /// - Parameter keys: the present one first; each signs, so that the shop can change its own at
  ///   any time in between.
  init(_ address: ShopAddress, keys: [WebhookKey], events: Set<ShopEvent>) {
    self.address = address
    self.keys = keys
    self.events = events
  }

  func tell(_ news: ShopNews, attempts: Int, in conversation: Conversation) throws {
    let message = ShopMessage(news)
    let seconds = conversation.now.seconds
    let signatures = keys.map {
      $0.signature(id: message.id, seconds: seconds, body: message.body)
    }
    let response = try address.post(
      message.body, contentType: "application/json",
      headers: [
        ("webhook-id", message.id), ("webhook-timestamp", "\(seconds)"),
        ("webhook-signature", signatures.joined(separator: " ")),
      ], until: conversation.deadline)
    guard (200...299).contains(response.status) else {
      throw DeliveryFailure(
        remark: "answered with status \(response.status)",
        isOutage: response.status >= 500 || response.status == 429)
    }
  }
}
