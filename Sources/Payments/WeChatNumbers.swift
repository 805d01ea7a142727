/// The number of a mini-program or other application (应用ID), such as `wxd678efh567hg6787`.
///
/// 1 to 32 letters and digits. Source: WeChat Pay APIv2, 统一下单, field `appid`.
package struct AppID: Identifier {
  package let text: String
  package init?(_ text: String) {
    guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy(\.isAlphanumeric)
    else { return nil }
    self.text = text
  }
}

/// The merchant's number at WeChat Pay (商户号), such as `1230000109`.
///
/// 1 to 32 digits. Source: WeChat Pay APIv2, 统一下单, field `mch_id`.
package struct MerchantID: Identifier {
  package let text: String
  package init?(_ text: String) {
    guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy(\.isDigit) else { return nil }
    self.text = text
  }
}

/// A payer within one application (用户标识).
///
/// 1 to 128 visible ASCII characters, case-sensitive. Source: 统一下单, field `openid`.
package struct OpenID: Identifier {
  package let text: String
  package init?(_ text: String) {
    guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy(\.isGraphic)
    else { return nil }
    self.text = text
  }
}

/// WeChat's number of a payment (微信支付订单号).
///
/// 1 to 32 letters and digits, 28 digits today. Source: 查询订单, field `transaction_id`.
package struct TransactionID: Identifier {
  package let text: String
  package init?(_ text: String) {
    guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy(\.isAlphanumeric)
    else { return nil }
    self.text = text
  }
}

/// WeChat's number of a refund (微信退款单号), also of one that a person made on the merchant platform.
///
/// 1 to 32 letters and digits, 28 or 29 digits today. Source: 申请退款, field `refund_id`.
package struct RefundID: Identifier {
  package let text: String
  package init?(_ text: String) {
    guard (1...32).contains(text.utf8.count), text.utf8.allSatisfy(\.isAlphanumeric)
    else { return nil }
    self.text = text
  }
}

/// A prepay session (预支付交易会话标识), with which the mini-program opens the cashier for 2 hours.
///
/// 1 to 64 visible ASCII characters. Source: 统一下单, field `prepay_id`.
package struct PrepayID: Identifier {
  package let text: String
  package init?(_ text: String) {
    guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(\.isGraphic)
    else { return nil }
    self.text = text
  }
}

/// The name of a merchant in the configuration, such as `main`.
///
/// 1 to 32 characters out of `0-9 A-Z a-z _ -`; it may stand in the path of a notification.
package struct MerchantName: Identifier {
  package let text: String
  package init?(_ text: String) {
    guard (1...32).contains(text.utf8.count),
      text.utf8.allSatisfy({ $0.isAlphanumeric || "_-".utf8.contains($0) })
    else { return nil }
    self.text = text
  }
}
