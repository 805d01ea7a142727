import Checkout
import Configuration
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

  func tell(_ news: ShopNews, attempts: Int, in conversation: Conversation) throws -> String? {
    let message = ShopMessage(news)
    let response = try post(message, at: conversation.now, until: conversation.deadline)
    guard (200...299).contains(response.status) else {
      throw DeliveryFailure(
        remark: "answered with status \(response.status)",
        isOutage: response.status >= 500 || response.status == 429)
    }
    return response.isWebPage ? Self.webPage : nil
  }

  /// Sends a message that tells of nothing, signed as all others are.
  ///
  /// - Returns: what came back, for a person.
  func ping(_ merchant: MerchantName, at now: BeijingTime) throws -> (isTaken: Bool, text: String) {
    let start = ContinuousClock.now
    let response = try post(
      ShopMessage(pingOf: merchant, at: now), at: now, until: start + ShopAddress.patience)
    let milliseconds = Int64((.now - start) / .milliseconds(1))
    let isTaken = (200...299).contains(response.status)
    let remark = response.isWebPage ? "; \(Self.webPage)" : ""
    return (isTaken, "status \(response.status) after \(milliseconds) ms\(remark)")
  }

  private func post(
    _ message: ShopMessage, at now: BeijingTime, until deadline: ContinuousClock.Instant
  ) throws -> HTTPResponse {
    let signatures = keys.map {
      $0.signature(id: message.id, seconds: now.seconds, body: message.body)
    }
    return try address.post(
      message.body, contentType: "application/json",
      headers: [
        ("webhook-id", message.id), ("webhook-timestamp", "\(now.seconds)"),
        ("webhook-signature", signatures.joined(separator: " ")),
      ], until: deadline)
  }

  private static let webPage =
    "answered with a web page (HTML): does the address lead to the script, or to the shop's pages?"
}

extension HTTPResponse {
  /// Whether the body is a page for people: a shop whose every unknown address shows its front page
  /// answers 200, too. The media type would not do: PHP says text/html unless told otherwise.
  fileprivate var isWebPage: Bool {
    let start = String(decoding: body.prefix(256), as: UTF8.self).lowercased()
      .drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    return ["<!doctype", "<html", "<head", "<body"].contains(where: start.hasPrefix)
  }
}
