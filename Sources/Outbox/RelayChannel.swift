import Checkout
import Curl
import Payments
import Store
import WeChatPay

/// Hands WeChat's own messages on to the scripts that received them before, so that what those do
/// beside the payment (points, text messages, stock) goes on.
///
/// The bytes are WeChat's, so that the script's own check of the signature passes, unless its message
/// was lost: then another is made of what it says when asked. It is done when the script says
/// SUCCESS, as WeChat understands it.
struct RelayChannel: Channel {
  let name = ShopChannel.relay
  private let payments: ShopAddress?
  private let refunds: ShopAddress?

  /// How often WeChat's message is waited for when we knew of the payment or refund before it came:
  /// some five minutes.
  private static let patience = 4

  init(payments: ShopAddress?, refunds: ShopAddress?) {
    self.payments = payments
    self.refunds = refunds
  }

  var events: Set<ShopEvent> {
    Set(payments == nil ? [] : [.paid])
      .union(refunds == nil ? [] : [.refundSucceeded, .refundClosed, .refundAbnormal])
  }

  func tell(_ news: ShopNews, attempts: Int, in conversation: Conversation) throws -> String? {
    guard let address = news.refund == nil ? payments : refunds else { return nil }
    let body = try message(news, attempts: attempts, in: conversation)
    let response = try address.post(
      body, contentType: "text/xml; charset=utf-8", until: conversation.deadline)
    guard response.isSuccess else {
      throw DeliveryFailure(
        remark: "answered with status \(response.status), and not SUCCESS",
        isOutage: response.status >= 500)
    }
    return nil
  }

  private func message(
    _ news: ShopNews, attempts: Int, in conversation: Conversation
  ) throws -> [UInt8] {
    let bodies = try conversation.services.notifications.originals(
      of: news, until: conversation.deadline)
    if let body = bodies.first(where: { tells(of: news, $0, in: conversation) }) { return body }
    guard attempts >= Self.patience else {
      throw DeliveryFailure(remark: "WeChat's message has not come yet", isOutage: false)
    }
    return try RemakeNotification(conversation).message(news)
  }

  /// Whether a message tells of the event: WeChat sends one for each state that a refund comes to,
  /// and what proves nothing may say anything.
  private func tells(
    of news: ShopNews, _ body: [UInt8], in conversation: Conversation
  ) -> Bool {
    guard let refund = news.refund else { return true }
    let apiKey = conversation.merchant.apiKey
    guard let hint = try? RefundNotification(body).decrypted(with: apiKey) else { return false }
    return hint.refundID == refund.refundID && ShopEvent(hint.status) == news.event
  }
}

extension ShopEvent {
  /// What the end of a refund is to the shop.
  ///
  /// - Returns: `nil` for a refund under way, and for a word that is not known.
  init?(_ status: RefundStatus) {
    switch status {
    case .success: self = .refundSucceeded
    case .refundClose: self = .refundClosed
    case .change: self = .refundAbnormal
    case .processing, .other: return nil
    }
  }
}

extension HTTPResponse {
  /// Whether a script has said SUCCESS in one of the ways that WeChat takes for it.
  fileprivate var isSuccess: Bool {
    guard status == 200 else { return false }
    // Old scripts begin with a byte order mark or end with a line break.
    let isPadding = { (scalar: Unicode.Scalar) in
      scalar.properties.isWhitespace || scalar == "\u{FEFF}"
    }
    var scalars = String(decoding: body, as: UTF8.self).unicodeScalars.drop(while: isPadding)
    while scalars.last.map(isPadding) == true { scalars.removeLast() }
    let text = String(scalars)
    if text.uppercased() == "SUCCESS" { return true }
    guard let fields = try? FlatXML.read(Array(text.utf8)) else { return false }
    return fields["return_code"] == "SUCCESS"
  }
}
