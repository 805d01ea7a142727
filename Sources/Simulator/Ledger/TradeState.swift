/// The state of an order as `orderquery` tells it (交易状态).
enum TradeState: String, CaseIterable, Sendable {
  case success = "SUCCESS"
  case refund = "REFUND"
  case notPaid = "NOTPAY"
  case closed = "CLOSED"
  case revoked = "REVOKED"
  case userPaying = "USERPAYING"
  case payError = "PAYERROR"
  case accepted = "ACCEPT"

  /// The `trade_state_desc`.
  var description: String {
    switch self {
    case .success: "支付成功"
    case .refund: "订单发生过退款，退款详情请查询退款单"
    case .notPaid: "订单未支付"
    case .closed: "订单已关闭"
    case .revoked: "订单已撤销"
    case .userPaying: "需要用户输入支付密码"
    case .payError: "支付失败，请重新下单支付"
    case .accepted: "已接收，等待扣款"
    }
  }

  /// Whether the buyer's money is there; amounts are told only then.
  var isPaid: Bool {
    switch self {
    case .success, .refund: true
    case .notPaid, .closed, .revoked, .userPaying, .payError, .accepted: false
    }
  }

  /// Whether the number can never be paid again.
  var isDead: Bool {
    switch self {
    case .closed, .revoked: true
    case .success, .refund, .notPaid, .userPaying, .payError, .accepted: false
    }
  }
}
