import Payments

/// Judges an answer of WeChat, in the order that its manual prescribes: communication, signature,
/// identity, business. Source: WeChat Pay APIv2, 协议规则.
struct Answer {
  let call: WeChatCall
  /// The order that the call was about.
  let number: OutTradeNo
  /// The refund that the call was about.
  var refundNumber: OutRefundNo?
  let signType: SignType

  /// - Returns: the fields, when they are verified and `result_code` is SUCCESS.
  func verified(_ fields: Fields, merchant: Merchant) throws(WeChatPayError) -> Fields {
    switch fields["return_code"] {
    case "SUCCESS": break
    case "FAIL": throw WeChatPayError(call, notAccepted: fields["return_msg"])
    default:
      throw WeChatPayError(
        call, wasSent: true, "expected return_code SUCCESS or FAIL",
        weChatText: fields["return_msg"])
    }
    do {
      try Signature.verify(fields, key: merchant.apiKey, expected: signType)
    } catch {
      throw unbelievable("the signature is \(error); compare the API key")
    }
    // Compared as identifiers: Swift's text would take the Kelvin sign for a K.
    guard fields["appid"].flatMap(AppID.init) == merchant.appID,
      fields["mch_id"].flatMap(MerchantID.init) == merchant.merchantID
    else { throw unbelievable("appid or mch_id is another merchant's") }
    // No signature covers an empty field, so it means as much as none.
    if let answered = fields["out_trade_no"], !answered.isEmpty, OutTradeNo(answered) != number {
      throw unbelievable("it is about another order")
    }
    if let refundNumber, let answered = fields["out_refund_no"], !answered.isEmpty,
      OutRefundNo(answered) != refundNumber
    {
      throw unbelievable("it is about another refund")
    }
    switch fields["result_code"] {
    case "SUCCESS": return fields
    case "FAIL":
      // Successful answers may carry an err_code too; it counts only here.
      throw WeChatPayError(
        call, code: ErrorCode(word: fields["err_code"] ?? ""), weChatText: fields["err_code_des"])
    default: throw unbelievable("result_code is neither SUCCESS nor FAIL")
    }
  }

  private func unbelievable(_ reason: String) -> WeChatPayError {
    WeChatPayError(call, wasSent: true, "the answer cannot be used: \(reason)")
  }
}
