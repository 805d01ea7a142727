/// The message that tells a merchant of a payment (支付结果通知).
enum PaymentNotification {
  /// - Returns: the message with an empty `sign`, to be signed with the order's digest.
  static func message(_ payment: Payment, _ order: Order, _ settings: Settings) -> Message {
    var message = Message([
      Field("appid", settings.appID), Field("mch_id", settings.mchID),
      Field("nonce_str", Numbers.nonce()), Field("sign", ""),
      Field("result_code", "SUCCESS"), Field("return_code", "SUCCESS"),
    ])
    // Seen with some orders only; it is signed like any field.
    if order.signType != .md5 { message["sign_type"] = order.signType.rawValue }
    for field in payment.fields(of: order) { message.append(field) }
    return message
  }
}
