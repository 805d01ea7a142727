/// How a refund divides between the buyer's cash and the coupons of the payment.
///
/// Each coupon gives back its share of the amount, rounded down to whole fen; the rest is cash.
struct RefundShares: Sendable {
  /// The coupons of the payment with what each gives back, in fen.
  let coupons: [Coupon]
  /// What the merchant gives back: the amount less the shares of coupons that were not recharged.
  let settlementFee: Int64
  let couponFee: Int64
  let cashFee: Int64

  init(_ refund: Refund, _ payment: Payment) {
    coupons = payment.coupons.map { coupon in
      Coupon(id: coupon.id, fee: coupon.fee * refund.fee / refund.totalFee, type: coupon.type)
    }
    couponFee = coupons.reduce(0) { $0 + $1.fee }
    cashFee = refund.fee - couponFee
    settlementFee = refund.fee - coupons.filter(\.isNotRecharged).reduce(0) { $0 + $1.fee }
  }
}

extension Refund {
  /// What follows the common fields in the answer of `refund`.
  func answerFields(of order: Order, _ payment: Payment) -> [Field] {
    let shares = RefundShares(self, payment)
    var fields = [
      Field("transaction_id", transactionID), Field("out_trade_no", outTradeNo),
      Field("out_refund_no", outRefundNo), Field("refund_id", refundID),
      Field("refund_fee", String(fee)),
      Field("settlement_refund_fee", String(shares.settlementFee)),
    ]
    fields += payment.totals(of: order)
    fields.append(Field("cash_refund_fee", String(shares.cashFee)))
    guard !shares.coupons.isEmpty else { return fields }
    fields += [
      Field("coupon_refund_fee", String(shares.couponFee)),
      Field("coupon_refund_count", String(shares.coupons.count)),
    ]
    return fields + shares.couponFields(prefix: "")
  }

  /// What `refundquery` says about the refund as the record number `index` of its answer.
  func queryFields(_ index: Int, _ payment: Payment) -> [Field] {
    let shares = RefundShares(self, payment)
    var fields = [
      Field("out_refund_no_\(index)", outRefundNo), Field("refund_id_\(index)", refundID),
      Field("refund_channel_\(index)", "ORIGINAL"), Field("refund_fee_\(index)", String(fee)),
      Field("settlement_refund_fee_\(index)", String(shares.settlementFee)),
      Field("refund_status_\(index)", status.rawValue),
      Field("refund_account_\(index)", account.rawValue),
      Field("refund_recv_accout_\(index)", Self.receivingAccount),
    ]
    if status == .success, let finishedAt {
      fields.append(Field("refund_success_time_\(index)", BeijingTime.text(finishedAt)))
    }
    guard !shares.coupons.isEmpty else { return fields }
    fields += [
      Field("coupon_refund_fee_\(index)", String(shares.couponFee)),
      Field("coupon_refund_count_\(index)", String(shares.coupons.count)),
    ]
    return fields + shares.couponFields(prefix: "\(index)_")
  }

  /// The buyer's purse: nobody here has a bank.
  static let receivingAccount = "支付用户零钱"

  /// The default that the manual names, unless the request named another one.
  var account: RefundAccount {
    self["refund_account"].flatMap { RefundAccount(rawValue: $0) } ?? .unsettledFunds
  }
}

extension RefundShares {
  fileprivate func couponFields(prefix: String) -> [Field] {
    var fields: [Field] = []
    for (index, coupon) in coupons.enumerated() {
      fields += [
        Field("coupon_refund_id_\(prefix)\(index)", coupon.id),
        Field("coupon_refund_fee_\(prefix)\(index)", String(coupon.fee)),
      ]
      if let type = coupon.type { fields.append(Field("coupon_type_\(prefix)\(index)", type)) }
    }
    return fields
  }
}
