/// The calls of APIv2 about an order.
public enum WeChatCall: String, CaseIterable, Sendable {
  /// 统一下单
  case unifiedOrder = "unifiedorder"
  /// 查询订单
  case orderQuery = "orderquery"
  /// 关闭订单
  case closeOrder = "closeorder"

  var path: String { "/pay/\(rawValue)" }
}
