/// The merchant's order number (商户订单号) of one payment attempt.
///
/// 6 to 32 characters out of `0-9 A-Z a-z _ - | *`, unique per merchant.
/// Source: WeChat Pay APIv2, 统一下单, field `out_trade_no`; the lower limit is on the query pages.
package struct OutTradeNo: Identifier {
  package let text: String

  package init?(_ text: String) {
    guard (6...32).contains(text.utf8.count), text.utf8.allSatisfy(\.isOrderNumberCharacter)
    else { return nil }
    self.text = text
  }

  /// The number of an order's payment attempt: the first attempt is the order number itself, later
  /// ones append `-2`, `-3` …
  ///
  /// - Returns: `nil` when the suffix makes the number longer than 32 characters.
  package init?(order: OutTradeNo, attempt: Int) {
    self.init(attempt <= 1 ? order.text : "\(order.text)-\(attempt)")
  }
}

/// The merchant's refund number (商户退款单号).
///
/// 1 to 64 characters out of `0-9 A-Z a-z _ - | * @`, unique per merchant. One number is one
/// refund, however often it is sent. Source: WeChat Pay APIv2, 申请退款, field `out_refund_no`.
package struct OutRefundNo: Identifier {
  package let text: String

  package init?(_ text: String) {
    guard (1...64).contains(text.utf8.count),
      text.utf8.allSatisfy({ $0.isOrderNumberCharacter || $0 == UInt8(ascii: "@") })
    else { return nil }
    self.text = text
  }
}

extension UInt8 {
  fileprivate var isOrderNumberCharacter: Bool { isAlphanumeric || "_-|*".utf8.contains(self) }
}
