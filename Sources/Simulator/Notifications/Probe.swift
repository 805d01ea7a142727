/// A notification sent by hand, to see how the merchant takes it.
enum Probe: String, CaseIterable, Sendable {
  /// The real notification once more.
  case duplicate
  case wrongSignature = "wrong_signature"
  case missingSignature = "missing_signature"
  /// Signed with a key that is not the merchant's.
  case wrongKey = "wrong_key"
  case wrongAppID = "wrong_appid"
  case wrongMchID = "wrong_mch_id"
  case wrongOutTradeNo = "wrong_out_trade_no"
  case wrongTotalFee = "wrong_total_fee"
  case wrongOpenID = "wrong_openid"
  case wrongCurrency = "wrong_fee_type"
  /// The same order paid by another transaction.
  case otherTransaction = "other_transaction"
  /// `result_code` FAIL: no payment has taken place.
  case failedPayment = "result_fail"
  /// A field of the future, signed: it must not disturb.
  case extraField = "extra_field"
  case documentType = "doctype"
  case duplicateField = "duplicate_field"
  case truncated
  case oversized
  case html
  case empty

  /// The bytes to post: well-formed and rightly signed but for what the probe is named after.
  func document(_ payment: Payment, _ order: Order, _ settings: Settings) -> [UInt8] {
    var message = PaymentNotification.message(payment, order, settings)
    falsify(&message)
    let key = self == .wrongKey ? String(settings.apiKey.reversed()) + "0" : settings.apiKey
    message.sign(order.signType, key: key)
    return Corruption.document(of: message, corruption)
  }

  private func falsify(_ message: inout Message) {
    switch self {
    case .wrongAppID: Corruption.falsify(&message, .wrongAppID)
    case .wrongMchID: Corruption.falsify(&message, .wrongMchID)
    case .wrongOutTradeNo: Corruption.falsify(&message, .wrongOutTradeNo)
    case .wrongTotalFee: Corruption.falsify(&message, .wrongTotalFee)
    case .oversized: Corruption.falsify(&message, .oversized)
    case .wrongOpenID: message["openid"] = "oSomebodyElse000000000000000"
    case .wrongCurrency: message["fee_type"] = "USD"
    case .otherTransaction: message["transaction_id"] = "4200000000000000000000000000"
    case .failedPayment:
      message["result_code"] = "FAIL"
      message["err_code"] = "SYSTEMERROR"
      message["err_code_des"] = "系统错误"
    case .extraField: message["future_field"] = "1"
    case .duplicate, .wrongSignature, .missingSignature, .wrongKey, .documentType,
      .duplicateField, .truncated, .html, .empty:
      break
    }
  }

  private var corruption: Fault.Kind? {
    switch self {
    case .wrongSignature: .wrongSignature
    case .missingSignature: .missingSignature
    case .documentType: .documentType
    case .duplicateField: .duplicateField
    case .truncated: .truncated
    case .html: .html200
    case .empty: .empty
    case .duplicate, .wrongKey, .wrongAppID, .wrongMchID, .wrongOutTradeNo, .wrongTotalFee,
      .wrongOpenID, .wrongCurrency, .otherTransaction, .failedPayment, .extraField, .oversized:
      nil
    }
  }
}
