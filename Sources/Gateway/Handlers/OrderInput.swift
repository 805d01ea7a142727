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
        text.isReadable ? Description(text)?.text : nil
      },
      attach: try members.optional(
        "attach",
        "\(Members.description), which reads nowhere like a field of a notification (&openid=)"
      ) { text in
        guard text.isVisible, PaymentNotification.canReturn(attach: text) else { return nil }
        return Description(text)?.text
      },
      detail: try Self.detail(members),
      expiresAt: try members.optional(
        "expires_at", "a time such as 2026-11-21T09:03:11+08:00", BeijingTime.init(rfc3339:)))
  }

  /// The goods detail (商品详情), which WeChat refuses, with the whole order, unless it is an object.
  private static func detail(_ members: Members) throws(Refusal) -> String? {
    let expected = "the text of a JSON object in one line of at most 6000 bytes, without emoji"
    guard let text = try members.optional("detail", expected, { $0 }) else { return nil }
    guard text.utf8.count <= 6000 else { throw members.refusal("detail", expected) }
    for scalar in text.unicodeScalars where !scalar.isAllowedByWeChat {
      let cause =
        scalar.value < 0x20 || scalar.value == 0x7F
        ? "a line end or another control character" : "an emoji or another character of 4 bytes"
      throw Refusal(.malformedRequest, "detail: expected \(expected); it holds \(cause).")
    }
    do {
      if case .object = try JSON(parsing: Array(text.utf8)) { return text }
    } catch {
      throw Refusal(.malformedRequest, "detail: expected \(expected). \(error)")
    }
    throw Refusal(.malformedRequest, "detail: expected \(expected); it is JSON, but no object.")
  }
}
