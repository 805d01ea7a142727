import Payments

extension PaymentProof {
  /// Reads the proof out of a verified message, a notification or an answer to orderquery.
  ///
  /// - Throws: `FieldRefusal` for the first field that is missing or not of its shape.
  init(_ fields: Fields) throws(FieldRefusal) {
    self.init(
      appID: try fields.value("appid", AppID.init),
      merchantID: try fields.value("mch_id", MerchantID.init),
      outTradeNo: try fields.value("out_trade_no", OutTradeNo.init),
      transactionID: try fields.value("transaction_id", TransactionID.init),
      openID: try fields.value("openid", OpenID.init),
      total: try fields.value("total_fee") { Fen(digits: $0) },
      currency: fields["fee_type"].flatMap { $0.isEmpty ? nil : $0 } ?? "CNY",
      paidAt: try fields.value("time_end") { BeijingTime(compact: $0) })
  }
}

extension Fields {
  /// A field that must be there, as the domain's type.
  func value<Value>(
    _ name: String, _ read: (String) -> Value?
  ) throws(FieldRefusal) -> Value {
    guard let text = self[name], let value = read(text) else { throw FieldRefusal(name: name) }
    return value
  }
}

/// A field of a message is missing or not of its shape. The value is not told.
struct FieldRefusal: Error, Equatable {
  let name: String
}

extension FieldRefusal: CustomStringConvertible {
  var description: String {
    "\(name) is missing or not of its shape"
  }
}
