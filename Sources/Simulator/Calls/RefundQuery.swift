/// `POST /pay/refundquery` (查询退款).
enum RefundQuery {
  /// How many refunds of an order one answer tells.
  static let pageSize = 10

  static let rules: [FieldRule] =
    FieldRule.common + [
      .optional("refund_id", 32), .optional("out_refund_no", 64),
      .optional("transaction_id", 32), .optional("out_trade_no", 32),
      .optional("offset", 10, accepts: isOffset),
    ]

  static func decide(
    _ request: VerifiedRequest, _ settings: Settings, _ ledger: Ledger, _ now: Int64
  ) -> PaymentCall.Decision {
    let offset = request.message["offset"].flatMap { Int($0) } ?? 0
    do throws(Refusal) {
      guard let found = try refunds(request.message, ledger) else {
        return .fail(.missing(field: "out_trade_no"))
      }
      let page = found.dropFirst(offset).prefix(pageSize)
      guard let first = page.first, let order = ledger.orders[first.outTradeNo],
        let payment = order.payment
      else { throw .refundNotExist }
      return .accept(fields(of: Array(page), found.count, order, payment), [])
    } catch {
      return .refuse(error)
    }
  }

  /// The refunds that a query is about, oldest first: the first number counts, in the manual's
  /// order. Nil when it names none.
  private static func refunds(_ message: Message, _ ledger: Ledger) throws(Refusal) -> [Refund]? {
    if let refundID = message["refund_id"] {
      return ledger.refunds.refund(refundID: refundID).map { [$0] } ?? []
    }
    if let outRefundNo = message["out_refund_no"] {
      return ledger.refunds.byNumber[outRefundNo].map { [$0] } ?? []
    }
    if let transactionID = message["transaction_id"] {
      guard let order = ledger.order(transactionID: transactionID) else {
        throw .invalidTransactionID
      }
      return ledger.refunds.refunds(outTradeNo: order.outTradeNo)
    }
    return message["out_trade_no"].map { ledger.refunds.refunds(outTradeNo: $0) }
  }

  private static func fields(
    of page: [Refund], _ total: Int, _ order: Order, _ payment: Payment
  ) -> [Field] {
    var fields = [
      Field("transaction_id", payment.transactionID), Field("out_trade_no", order.outTradeNo),
    ]
    fields += payment.totals(of: order)
    fields += [
      Field("total_refund_count", String(total)), Field("refund_count", String(page.count)),
    ]
    for (index, refund) in page.enumerated() { fields += refund.queryFields(index, payment) }
    return fields
  }

  /// Decimal digits; a leading zero only in `0`.
  private static func isOffset(_ value: String) -> Bool {
    value.utf8.allSatisfy { (0x30...0x39).contains($0) }
      && Int64(value).map { String($0) == value } == true
  }
}
