package import Payments

/// The verified answer to an orderquery (查询订单).
package struct OrderQueryAnswer: Sendable {
  /// WeChat's word for where the order stands.
  package let tradeState: TradeState
  /// What proves the payment: present when the order was paid (SUCCESS or REFUND) and every field
  /// that matters is there and well-formed. A paid order without it needs to be asked about again.
  package let proof: PaymentProof?

  init(tradeState: TradeState, fields: Fields) {
    self.tradeState = tradeState
    proof =
      switch tradeState {
      case .success, .refund: try? PaymentProof(fields)
      case .notPay, .closed, .revoked, .userPaying, .payError, .accept, .unrecognised: nil
      }
  }
}

/// The state of an order as WeChat words it (交易状态, `trade_state`).
package enum TradeState: String, CaseIterable, Sendable {
  case success = "SUCCESS"
  /// Paid, and some refund was started (转入退款).
  case refund = "REFUND"
  case notPay = "NOTPAY"
  case closed = "CLOSED"
  /// Revoked, payment code only (已撤销).
  case revoked = "REVOKED"
  case userPaying = "USERPAYING"
  case payError = "PAYERROR"
  /// Accepted, waiting for the deduction (已接收，等待扣款).
  case accept = "ACCEPT"
  /// A word that the manual did not have: it changes nothing.
  case unrecognised = ""

  init(word: String) { self = TradeState(rawValue: word) ?? .unrecognised }

  /// What the word means for a payment; `nil` changes nothing.
  package var event: PaymentEvent? {
    switch self {
    case .success, .refund: .paid
    case .closed, .revoked: .closed
    // WeChat knows the order, but no prepay_id came with this answer.
    case .notPay, .userPaying, .payError, .accept, .unrecognised: nil
    }
  }
}
