/// `POST /secapi/pay/refund` (申请退款): accepts a refund, which ends later.
enum ApplyRefund {
  static let rules: [FieldRule] =
    FieldRule.common + [
      .optional("transaction_id", 32),
      .optional("out_trade_no", 32, accepts: FieldRule.isOutTradeNo),
      .required("out_refund_no", 64, accepts: FieldRule.isOutRefundNo),
      .required("total_fee", 20, accepts: FieldRule.isAmount),
      .required("refund_fee", 20, accepts: FieldRule.isAmount),
      .optional("refund_fee_type", 8) { $0 == "CNY" },
      .optional("refund_desc", 80),
      .optional("refund_account", 30) { RefundAccount(rawValue: $0) != nil },
      .optional("notify_url", 256, accepts: FieldRule.isNotifyURL),
    ]

  /// Every transmission of a refund's number, and a complaint when it differs from the first one.
  static func arrival(
    _ message: Message, _ settings: Settings, _ ledger: Ledger
  ) -> [LedgerEvent] {
    guard let outRefundNo = message["out_refund_no"] else { return [] }
    let signType = SignType(rawValue: message["sign_type"] ?? SignType.md5.rawValue)
    let transmission = Transmission(
      outRefundNo: outRefundNo,
      isSigned: signType.map { message.isSigned($0, key: settings.apiKey) } ?? false,
      parameters: message.sortedFields.filter { !["sign", "nonce_str"].contains($0.name) })
    return ledger.refunds.events(of: transmission).map { .refund($0) }
  }

  /// Decides about a request whose signature and fields are right.
  static func decide(
    _ request: VerifiedRequest, _ settings: Settings, _ ledger: Ledger, _ now: Int64
  ) -> PaymentCall.Decision {
    let message = request.message
    guard let outRefundNo = message["out_refund_no"], let totalFee = message.amount("total_fee"),
      let fee = message.amount("refund_fee")
    else { return .refuse(.malformed("out_refund_no")) }
    let parameters = message.sortedFields
      .filter { !["sign", "nonce_str", "sign_type"].contains($0.name) }
    if let known = ledger.refunds.byNumber[outRefundNo] {
      return decideAgain(known, parameters, ledger)
    }
    guard message["transaction_id"] != nil || message["out_trade_no"] != nil else {
      return .fail(.missing(field: "out_trade_no"))
    }
    let wish = RefundWish(
      outRefundNo: outRefundNo, fee: fee, source: .api, parameters: parameters,
      notifyURL: message["notify_url"])
    do throws(Refusal) {
      let order = try order(of: message, ledger)
      guard totalFee == order.totalFee else { throw .totalFeeDiffers }
      return try accept(wish, order, ledger, now)
    } catch {
      return .refuse(error)
    }
  }

  /// The same number once more: money moves once, whatever became of it.
  private static func decideAgain(
    _ refund: Refund, _ parameters: [Field], _ ledger: Ledger
  ) -> PaymentCall.Decision {
    guard refund.source == .api, refund.parameters == parameters,
      let order = ledger.orders[refund.outTradeNo], let payment = order.payment
    else { return .refuse(.refundDiffers) }
    return .accept(refund.answerFields(of: order, payment), [])
  }

  /// The order to pay back: `transaction_id` wins when both numbers are given.
  private static func order(of message: Message, _ ledger: Ledger) throws(Refusal) -> Order {
    if let transactionID = message["transaction_id"] {
      guard let order = ledger.order(transactionID: transactionID) else {
        throw .invalidTransactionID
      }
      return order
    }
    guard let order = message["out_trade_no"].flatMap({ ledger.orders[$0] }) else {
      throw .orderNotExist
    }
    return order
  }

  private static func accept(
    _ wish: RefundWish, _ order: Order, _ ledger: Ledger, _ now: Int64
  ) throws(Refusal) -> PaymentCall.Decision {
    let payment = try wish.checkLimits(order, ledger.refunds, now)
    try wish.checkSpacing(order, ledger.refunds, now)
    try wish.checkBalance(ledger.refunds)
    let refund = wish.refund(order, payment, ledger.refunds, now)
    return .accept(refund.answerFields(of: order, payment), refund.acceptance)
  }
}

/// Which money a refund is taken from (退款资金来源).
enum RefundAccount: String, Sendable {
  case unsettledFunds = "REFUND_SOURCE_UNSETTLED_FUNDS"
  case rechargeFunds = "REFUND_SOURCE_RECHARGE_FUNDS"
}

extension Message {
  /// An amount that its rule has accepted, in fen.
  fileprivate func amount(_ name: String) -> Int64? { self[name].flatMap { Int64($0) } }
}
