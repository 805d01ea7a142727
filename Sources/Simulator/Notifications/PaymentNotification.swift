/// The message that tells a merchant of a payment (支付结果通知).
///
/// As in recorded ones, fields are sorted by name, and those without a value are not there: `attach`
/// of an order without one, `cash_fee_type` of a payment in yuan.
enum PaymentNotification {
  /// - Returns: the message with an empty `sign`, to be signed with the order's digest.
  static func message(_ payment: Payment, _ order: Order, _ settings: Settings) -> Message {
    var fields = [
      Field("appid", settings.appID), Field("mch_id", settings.mchID),
      Field("nonce_str", Numbers.nonce()), Field("sign", ""),
      Field("result_code", "SUCCESS"), Field("return_code", "SUCCESS"),
    ]
    // Seen with some orders only; it is signed like any field.
    if order.signType != .md5 { fields.append(Field("sign_type", order.signType.rawValue)) }
    if let attach = order["attach"], !attach.isEmpty { fields.append(Field("attach", attach)) }
    fields += payment.fields(of: order)
    return Message(fields.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
  }
}
