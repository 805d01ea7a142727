/// A notification of a refund sent by hand, to see how the merchant takes it.
enum RefundProbe: String, CaseIterable, Sendable {
  /// The real notification once more.
  case duplicate
  /// Encrypted with a key that is not the merchant's.
  case wrongKey = "wrong_key"
  case wrongAppID = "wrong_appid"
  case wrongMchID = "wrong_mch_id"
  case wrongOutTradeNo = "wrong_out_trade_no"
  case wrongOutRefundNo = "wrong_out_refund_no"
  case wrongRefundID = "wrong_refund_id"
  case wrongTransactionID = "wrong_transaction_id"
  case wrongTotalFee = "wrong_total_fee"
  case wrongRefundFee = "wrong_refund_fee"
  case unknownRefundStatus = "unknown_refund_status"
  /// `return_code` FAIL.
  case failed = "return_fail"
  /// A field of the future: it must not disturb.
  case extraField = "extra_field"
  case documentType = "doctype"
  /// A document type in what is encrypted.
  case innerDocumentType = "inner_doctype"
  case duplicateField = "duplicate_field"
  case truncated
  case oversized
  case html
  case empty

  /// The bytes to post: right but for what the probe is named after.
  func document(_ notification: RefundNotification) -> [UInt8] {
    var notification = notification
    if let fault { notification.falsify(fault) }
    switch self {
    case .wrongKey: notification.useWrongKey()
    case .wrongRefundID: notification.setInner("refund_id", "50300000002026112100000000000")
    case .wrongTransactionID:
      notification.setInner("transaction_id", "4200000000000000000000000000")
    case .failed: notification.setOuter("return_code", "FAIL")
    case .extraField: notification.setInner("future_field", "1")
    default: break
    }
    return notification.document(fault, isInnerBroken: self == .innerDocumentType)
  }

  /// The fault that does the same to a scheduled notification, or breaks any document.
  private var fault: Fault.Kind? {
    switch self {
    case .wrongAppID: .wrongAppID
    case .wrongMchID: .wrongMchID
    case .wrongOutTradeNo: .wrongOutTradeNo
    case .wrongOutRefundNo: .wrongOutRefundNo
    case .wrongTotalFee: .wrongTotalFee
    case .wrongRefundFee: .wrongRefundFee
    case .unknownRefundStatus: .unknownRefundStatus
    case .documentType: .documentType
    case .duplicateField: .duplicateField
    case .truncated: .truncated
    case .oversized: .oversized
    case .html: .html200
    case .empty: .empty
    case .duplicate, .wrongKey, .wrongRefundID, .wrongTransactionID, .failed, .extraField,
      .innerDocumentType:
      nil
    }
  }
}
