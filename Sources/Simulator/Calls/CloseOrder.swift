/// `POST /pay/closeorder` (关闭订单).
enum CloseOrder {
  static let rules: [FieldRule] = FieldRule.common + [.required("out_trade_no", 32)]

  static func decide(
    _ request: VerifiedRequest, _ settings: Settings, _ ledger: Ledger, _ now: Int64
  ) -> PaymentCall.Decision {
    guard let outTradeNo = request.message["out_trade_no"], let order = ledger.orders[outTradeNo]
    else { return .refuse(.orderNotExist) }
    let state = order.state(at: now)
    guard !state.isPaid else { return .refuse(.orderPaid) }
    guard !state.isDead else { return .refuse(.orderClosed) }
    guard now >= order.createdAt + settings.closeAfterSeconds * 1_000_000 else {
      return .refuse(.tooEarlyToClose)
    }
    return .accept([Field("result_msg", "OK")], [.stateChanged(outTradeNo, .closed)])
  }
}
