/// The calls of APIv2 about an order and its refunds.
package enum WeChatCall: String, CaseIterable, Sendable {
  /// 统一下单
  case unifiedOrder = "unifiedorder"
  /// 查询订单
  case orderQuery = "orderquery"
  /// 关闭订单
  case closeOrder = "closeorder"
  /// 申请退款
  case refund = "refund"
  /// 查询退款
  case refundQuery = "refundquery"

  var path: String {
    switch self {
    case .unifiedOrder, .orderQuery, .closeOrder, .refundQuery: "/pay/\(rawValue)"
    // The path whose web server demands the merchant's certificate (商户API证书).
    case .refund: "/secapi/pay/\(rawValue)"
    }
  }

  /// Whether it changes nothing at WeChat, so that a refusal to answer leaves open what was asked.
  var isQuestion: Bool {
    switch self {
    case .orderQuery, .refundQuery: true
    case .unifiedOrder, .closeOrder, .refund: false
    }
  }

  /// Whether a message that a host may have got is sent again without asking the caller, to another
  /// host or after SYSTEMERROR.
  ///
  /// Not a refund: it moves money, and its sender counts each time it is sent, before it is sent.
  var mayBeRepeated: Bool { self != .refund }
}
