/// What a shop wants to be paid for: a row of `shop_order`, the only source of an amount.
package struct Order: Sendable {
  /// Whose order it is.
  package let merchant: MerchantName
  /// The shop's own order number, and `out_trade_no` of the first payment attempt.
  package let number: OutTradeNo
  /// The only payer allowed (用户标识); `nil` lets the first payer take the order.
  package let openID: OpenID?
  /// The order total (订单总金额).
  package let total: Fen
  /// What the buyer reads in WeChat (商品描述), as the shop wrote it: `Description(fitting:)` is what
  /// WeChat is told.
  package let body: String
  /// Returned unchanged in notifications (附加数据), likewise.
  package let attach: String?
  /// Goods detail (商品详情): JSON text, if the shop keeps to the rules.
  package let detail: String?
  /// The last moment to pay; `nil` means WeChat's own limit of about 7 days.
  package let expiresAt: BeijingTime?

  package init(
    merchant: MerchantName, number: OutTradeNo, openID: OpenID?, total: Fen, body: String,
    attach: String?, detail: String?, expiresAt: BeijingTime?
  ) {
    self.merchant = merchant
    self.number = number
    self.openID = openID
    self.total = total
    self.body = body
    self.attach = attach
    self.detail = detail
    self.expiresAt = expiresAt
  }
}

extension Order: Equatable {
  private var texts: [[UInt8]?] {
    [Array(body.utf8), attach.map { Array($0.utf8) }, detail.map { Array($0.utf8) }]
  }

  /// The same content, byte for byte: Swift's own comparison of texts would take different
  /// spellings of one letter for the same.
  package static func == (left: Order, right: Order) -> Bool {
    left.merchant == right.merchant && left.number == right.number && left.openID == right.openID
      && left.total == right.total && left.expiresAt == right.expiresAt
      && left.texts == right.texts
  }
}

/// Text that goes to WeChat as `body` or `attach`.
///
/// 1 to 127 bytes of UTF-8 without control characters and without characters of 4 bytes (emoji,
/// rare Han ideographs), which APIv2 does not support.
/// Source: WeChat Pay APIv2, 统一下单, fields `body` and `attach`; 协议规则, 字符编码.
package struct Description: Equatable, Sendable, CustomStringConvertible {
  package let text: String

  /// - Returns: `nil` when the text has not this shape.
  package init?(_ text: String) {
    guard (1...127).contains(text.utf8.count),
      text.unicodeScalars.allSatisfy(\.isAllowedByWeChat)
    else { return nil }
    self.text = text
  }

  /// As much of a shop's own text as WeChat takes: cut at a character, without characters that
  /// APIv2 does not carry.
  ///
  /// - Returns: `nil` when nothing is left of it that can be read.
  package init?(fitting text: String) {
    var kept = ""
    // A character as people see it: of an emoji that is made of several, nothing may stay behind.
    for character in text where character.unicodeScalars.allSatisfy(\.isAllowedByWeChat) {
      guard kept.utf8.count + character.utf8.count <= 127 else { break }
      kept.append(character)
    }
    guard kept.contains(where: { !$0.isWhitespace }) else { return nil }
    self.text = kept
  }

  package static func == (left: Description, right: Description) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  package var description: String { text }
}

extension Unicode.Scalar {
  /// Whether APIv2 carries the character unchanged.
  package var isAllowedByWeChat: Bool {
    value >= 0x20 && value != 0x7F && value < 0x1_0000 && value != 0xFFFE && value != 0xFFFF
  }
}
