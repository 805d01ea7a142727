import Curl
import Payments
import Store
import WeChatPay

/// Hands WeChat's own messages on to the scripts that received them before, so that what those do
/// beside the payment (points, text messages, stock) goes on.
///
/// The bytes are WeChat's, so that the script's own check of the signature passes. It is done when
/// the script says SUCCESS, as WeChat understands it.
struct RelayChannel: Channel {
  let name = ShopChannel.relay
  private let payments: ShopAddress?
  private let refunds: ShopAddress?

  /// How often WeChat's message is waited for when we knew of the payment before it came: some five
  /// minutes.
  private static let patience = 4

  init(payments: ShopAddress?, refunds: ShopAddress?) {
    self.payments = payments
    self.refunds = refunds
  }

  var events: Set<ShopEvent> {
    Set(payments == nil ? [] : [.paid])
      .union(refunds == nil ? [] : [.refundSucceeded, .refundClosed, .refundAbnormal])
  }

  func tell(_ news: ShopNews, attempts: Int, in conversation: Conversation) throws {
    guard let address = news.refund == nil ? payments : refunds else { return }
    let body = try message(news, attempts: attempts, in: conversation)
    let response = try address.post(
      body, contentType: "text/xml; charset=utf-8", until: conversation.deadline)
    guard response.isSuccess else {
      throw DeliveryFailure(
        remark: "answered with status \(response.status), and not SUCCESS",
        isOutage: response.status >= 500)
    }
  }

  private func message(
    _ news: ShopNews, attempts: Int, in conversation: Conversation
  ) throws -> [UInt8] {
    let gateway = conversation.gateway
    let bodies = try gateway.notifications.originals(of: news, until: conversation.deadline)
    if let body = bodies.first(where: { says(news.event, $0, in: conversation) }) { return body }
    // WeChat no longer speaks of a trouble that is over: the script hears how it ended.
    if news.event == .refundAbnormal, attempts >= Self.patience, let body = bodies.first {
      return body
    }
    guard news.event == .paid, attempts >= Self.patience, let outTradeNo = news.outTradeNo,
      let total = news.total, let payment = news.payment
    else {
      throw DeliveryFailure(remark: "WeChat's message has not come yet", isOutage: false)
    }
    let order = try gateway.orders.find(
      merchant: news.merchant, number: news.order, until: conversation.deadline)
    return conversation.merchant.remadeNotification(
      outTradeNo: outTradeNo, transactionID: payment.transactionID, payer: payment.payer,
      total: total, paidAt: payment.paidAt, attach: order?.order.attach?.text)
  }

  /// Whether a message tells of the event: WeChat sends one for each state that a refund comes to.
  private func says(_ event: ShopEvent, _ body: [UInt8], in conversation: Conversation) -> Bool {
    guard event.isAboutRefund else { return true }
    let apiKey = conversation.merchant.apiKey
    guard let hint = try? RefundNotification(body).decrypted(with: apiKey) else { return false }
    return switch hint.status {
    case .success: event == .refundSucceeded
    case .refundClose: event == .refundClosed
    case .change: event == .refundAbnormal
    case .processing, .other: false
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
