package import Payments

/// The business parameters of a refund (申请退款).
///
/// They never change once they were sent: one number with other parameters may be a second refund.
/// So they are recorded as `stored` before the first call, and every later call is made from that
/// text.
package struct ApplyRefund: Sendable, Equatable {
  /// The number of the payment attempt that is paid back (商户订单号).
  package let outTradeNo: OutTradeNo
  /// WeChat's number of the payment (微信支付订单号).
  package let transactionID: TransactionID
  /// The merchant's number of the refund (商户退款单号).
  package let outRefundNo: OutRefundNo
  /// The order total (订单总金额).
  package let total: Fen
  /// What is paid back (退款金额): at least 1 fen, at most the total.
  package let amount: Fen
  /// The algorithm of this refund's messages.
  package let signType: SignType
  let appID: AppID
  let merchantID: MerchantID
  private(set) var fields: Fields

  /// Makes the parameters of a new refund.
  ///
  /// - Parameters:
  ///   - description: the reason (退款原因), which WeChat shows to the buyer, typed by a person: a
  ///     refund does not fail for it. Characters that APIv2 does not carry (control characters,
  ///     emoji) are left out, and what exceeds 80 bytes is cut between two characters.
  ///   - account: which money of the merchant's is paid back; `nil` leaves it to WeChat.
  /// - Throws: `ApplyRefundRefusal` when a parameter cannot be sent.
  package init(
    transactionID: TransactionID, outTradeNo: OutTradeNo, outRefundNo: OutRefundNo, total: Fen,
    amount: Fen, description: String?, account: RefundAccount?, merchant: Merchant
  ) throws(ApplyRefundRefusal) {
    guard amount > .zero, amount <= total else { throw .amount }
    if let notifyURL = merchant.refundNotifyURL {
      guard (1...256).contains(notifyURL.utf8.count), notifyURL.utf8.allSatisfy(\.isGraphic)
      else { throw .notifyURL }
    }
    let optional = [
      ("refund_desc", description.flatMap(Self.carried)), ("refund_account", account?.rawValue),
      ("notify_url", merchant.refundNotifyURL),
    ]
    let fields = Fields(
      [
        ("appid", merchant.appID.text), ("mch_id", merchant.merchantID.text),
        ("sign_type", merchant.signType.rawValue), ("transaction_id", transactionID.text),
        ("out_trade_no", outTradeNo.text), ("out_refund_no", outRefundNo.text),
        ("total_fee", String(total.amount)), ("refund_fee", String(amount.amount)),
        ("refund_fee_type", "CNY"),
      ] + optional.compactMap { name, value in value.map { (name, $0) } })
    do {
      try self.init(fields)
    } catch {
      throw .stored
    }
  }

  /// Which money of the merchant's is paid back; `nil` leaves it to WeChat.
  package var account: RefundAccount? { fields["refund_account"].flatMap(RefundAccount.init) }

  /// The same refund, paid back out of other money of the merchant's.
  ///
  /// Only for a refund that WeChat has refused with NOTENOUGH: it does not know the number then.
  package func drawn(from account: RefundAccount) -> ApplyRefund {
    var changed = self
    changed.fields["refund_account"] = account.rawValue
    return changed
  }

  /// What of a reason can be sent; `nil` when nothing can.
  private static func carried(_ reason: String) -> String? {
    var text = ""
    text.unicodeScalars += reason.unicodeScalars.filter(\.isAllowedByWeChat)
    // The manual does not say whether its 80 are bytes or characters; bytes are safe either way.
    while text.utf8.count > 80 { text.removeLast() }
    return text.isEmpty ? nil : text
  }

  /// The parameters as text to be recorded, without nonce, signature and key.
  package var stored: String { String(decoding: FlatXML.write(fields), as: UTF8.self) }

  /// Reads recorded parameters.
  ///
  /// - Throws: `ApplyRefundRefusal.stored` when the text is not what `stored` writes.
  package init(stored: String) throws(ApplyRefundRefusal) {
    do {
      try self.init(FlatXML.read(Array(stored.utf8)))
    } catch {
      throw .stored
    }
  }

  private init(_ fields: Fields) throws(FieldRefusal) {
    outTradeNo = try fields.value("out_trade_no", OutTradeNo.init)
    transactionID = try fields.value("transaction_id", TransactionID.init)
    outRefundNo = try fields.value("out_refund_no", OutRefundNo.init)
    let total = try fields.value("total_fee") { Fen(digits: $0) }
    self.total = total
    amount = try fields.value("refund_fee") {
      Fen(digits: $0).flatMap { $0 <= total ? $0 : nil }
    }
    signType = try fields.value("sign_type", SignType.init)
    appID = try fields.value("appid", AppID.init)
    merchantID = try fields.value("mch_id", MerchantID.init)
    self.fields = fields
  }
}

/// Which money of the merchant's is paid back (退款资金来源, `refund_account`).
///
/// Only merchants of the old fund flow may choose. Source: WeChat Pay APIv2, 申请退款.
package enum RefundAccount: String, CaseIterable, Sendable {
  /// Not yet settled (未结算资金退款); what WeChat takes when nothing is said.
  case unsettledFunds = "REFUND_SOURCE_UNSETTLED_FUNDS"
  /// The available balance (可用余额退款).
  case availableBalance = "REFUND_SOURCE_RECHARGE_FUNDS"
}

/// Why parameters of a refund cannot be sent to WeChat.
package enum ApplyRefundRefusal: Error, Sendable, Equatable {
  /// Nothing, or more than the order's total.
  case amount
  /// Not 1 to 256 visible ASCII characters.
  case notifyURL
  /// The recorded text is damaged.
  case stored
}

extension ApplyRefundRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .amount: "the amount is zero, or more than was paid"
    case .notifyURL: "refund_notify_url is not 1 to 256 visible ASCII characters"
    case .stored: "the recorded parameters of the refund are damaged"
    }
  }
}
