/// Something about an order that a person must look at.
package enum Alarm: String, CaseIterable, Sendable {
  /// Paid after we had closed it: deliver or refund.
  case latePayment = "late_payment"
  /// A second attempt of the same order was paid: refund one.
  case secondPayment = "second_payment"
  /// Paid is another amount than the order costs: it was changed after the buyer had got what opens
  /// the cashier.
  case amountChanged = "amount_changed"
  /// WeChat reports another amount than the order's; the order was not marked paid.
  case amountMismatch = "amount_mismatch"
  /// WeChat reports another currency than CNY; the order was not marked paid.
  case currencyMismatch = "currency_mismatch"
  /// WeChat reports another payer; the order was not marked paid.
  case payerMismatch = "payer_mismatch"
  /// The same attempt was reported paid by two transactions.
  case transactionMismatch = "transaction_mismatch"
  /// One transaction was reported for two attempts; only the first was marked paid.
  case transactionReused = "transaction_reused"
  /// Paid, but the shop's row of the order is gone.
  case orderVanished = "order_vanished"
  /// A signed notification names an order that we do not know.
  case unknownOrder = "unknown_order"
  /// A signed notification names another appid or mch_id than the merchant's.
  case foreignMerchant = "foreign_merchant"
  /// The attempt was placed under another appid or mch_id than the merchant has now: WeChat cannot
  /// be asked about it.
  case placedElsewhere = "placed_elsewhere"
  /// The buyer's card is dead: the refund's money is back with the merchant, who has to find
  /// another way. Ends when WeChat reports an end of the refund.
  case refundAbnormal = "refund_abnormal"
  /// A refund was made by hand on WeChat's merchant platform beside refunds that are reserved here:
  /// together they exceed what was paid.
  case refundOverlap = "refund_overlap"
  /// WeChat had given back some of the payment before it was known here: the goods may not be due.
  case refundedElsewhere = "refunded_elsewhere"
  /// A refund has waited for an hour for what a person has to mend: the merchant's balance, the
  /// configuration, or a refusal of which the reason is not known here. Ends when it gets ahead.
  case refundDelayed = "refund_delayed"
  /// WeChat reports something about a refund that contradicts our records.
  case refundMismatch = "refund_mismatch"
  /// Late money was to go back by itself, and its number `LATE-NO` was another refund's already.
  case refundNumberTaken = "refund_number_taken"
  /// WeChat lists a refund of the payment that cannot be one here: under a number of another shape,
  /// of more than was paid, or without something that matters.
  case refundUnreadable = "refund_unreadable"
  /// A token wanted to refund more in a day than it may (`refund_limit_per_day`).
  case refundDayLimit = "refund_day_limit"
}
