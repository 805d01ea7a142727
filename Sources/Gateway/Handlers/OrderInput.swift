import Payments
import Server
import Store
import Text
import WeChatPay

extension Order {
  /// Reads `{"out_trade_no","total_fee","body","openid"?,"attach"?,"detail"?,"expires_at"?}`.
  ///
  /// - Throws: `Refusal` that names the field, what was expected and what came.
  init(_ json: JSON, merchant: MerchantName) throws(Refusal) {
    let members = Members(json)
    try members.allow([
      "out_trade_no", "total_fee", "body", "openid", "attach", "detail", "expires_at",
    ])
    self.init(
      merchant: merchant,
      number: try members.required(
        "out_trade_no", "6 to 32 characters of 0-9 A-Z a-z _ - | *", OutTradeNo.init),
      openID: try members.optional("openid", "the payer's openid", OpenID.init),
      total: try members.amount("total_fee"),
      body: try members.required("body", Members.description) { text in
        text.isReadable ? Description(text) : nil
      },
      attach: try members.optional(
        "attach",
        "\(Members.description), which reads nowhere like a field of a notification (&openid=)"
      ) { text in
        guard text.isVisible else { return nil }
        return Description(text).flatMap { PaymentNotification.canReturn(attach: $0) ? $0 : nil }
      },
      detail: try members.optional("detail", "JSON text of at most 6000 bytes") { text in
        text.utf8.count <= 6000 && text.unicodeScalars.allSatisfy { $0.isAllowedByWeChat }
          ? text : nil
      },
      expiresAt: try members.optional(
        "expires_at", "a time such as 2026-11-21T09:03:11+08:00", BeijingTime.init(rfc3339:)))
  }

  /// WeChat takes a time of at least a minute ahead; a week is the longest that it keeps an order open.
  private static let aheadSeconds: (least: Int64, most: Int64) = (60, 7 * 86_400)

  /// Refuses an order whose time is over, or so far ahead that WeChat would not keep to it. Not for
  /// orders that exist: a repetition finds them whatever the time is by then.
  func refuseUnusableTime(at now: BeijingTime) throws(Refusal) {
    guard let expiresAt else { return }
    let (earliest, latest) = (
      now.adding(seconds: Self.aheadSeconds.least), now.adding(seconds: Self.aheadSeconds.most)
    )
    guard earliest <= expiresAt, expiresAt <= latest else {
      throw Refusal(
        .malformedRequest,
        "expires_at: expected a time from 1 minute to 7 days ahead, got \(expiresAt.rfc3339).")
    }
  }
}
