/// `POST /pay/orderquery` (查询订单).
enum OrderQuery {
  static let rules: [FieldRule] =
    FieldRule.common + [.optional("transaction_id", 32), .optional("out_trade_no", 32)]

  static func decide(
    _ request: VerifiedRequest, _ settings: Settings, _ ledger: Ledger, _ now: Int64
  ) -> PaymentCall.Decision {
    let order: Order?
    if let transactionID = request.message["transaction_id"] {
      order = ledger.order(transactionID: transactionID)
    } else if let outTradeNo = request.message["out_trade_no"] {
      order = ledger.orders[outTradeNo]
    } else {
      return .fail(.missing(field: "out_trade_no"))
    }
    guard let order else { return .refuse(.orderNotExist) }
    return .accept(fields(of: order, settings, now), [])
  }

  private static func fields(of order: Order, _ settings: Settings, _ now: Int64) -> [Field] {
    let state = order.state(at: now)
    var fields: [Field] = []
    if state.isPaid, let payment = order.payment {
      fields += payment.fields(of: order) + [Field("cash_fee_type", "CNY")]
    } else {
      fields.append(Field("out_trade_no", order.outTradeNo))
    }
    // Recorded answers have an empty element here when the order had none.
    fields.append(Field("attach", order["attach"] ?? ""))
    fields += [Field("trade_state", state.rawValue), Field("trade_state_desc", state.description)]
    return fields
  }
}

extension Payment {
  /// What a query and a notification say about a payment.
  func fields(of order: Order) -> [Field] {
    var fields: [Field] = []
    if let device = order["device_info"] { fields.append(Field("device_info", device)) }
    fields += [
      Field("openid", openID), Field("is_subscribe", "N"), Field("trade_type", "JSAPI"),
      Field("bank_type", "OTHERS"),
    ]
    fields += totals(of: order)
    fields += [
      Field("transaction_id", transactionID), Field("out_trade_no", order.outTradeNo),
      Field("time_end", BeijingTime.digits(paidAt)),
    ]
    return fields + couponFields
  }

  /// The amounts that every message about a payment tells.
  func totals(of order: Order) -> [Field] {
    var fields = [Field("total_fee", String(order.totalFee))]
    let settled = settlementFee(ofTotal: order.totalFee)
    if settled < order.totalFee { fields.append(Field("settlement_total_fee", String(settled))) }
    return fields + [
      Field("fee_type", "CNY"), Field("cash_fee", String(order.totalFee - couponFee)),
    ]
  }

  private var couponFields: [Field] {
    guard !coupons.isEmpty else { return [] }
    var fields = [
      Field("coupon_fee", String(couponFee)), Field("coupon_count", String(coupons.count)),
    ]
    for (index, coupon) in coupons.enumerated() {
      fields += [
        Field("coupon_id_\(index)", coupon.id), Field("coupon_fee_\(index)", String(coupon.fee)),
      ]
      if let type = coupon.type { fields.append(Field("coupon_type_\(index)", type)) }
    }
    return fields
  }
}
