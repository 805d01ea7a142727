import OpenSSL
package import Payments
import Store
package import WeChatPay

extension OutRefundNo {
  /// A number of our own choice: 128 random bits, so that nobody can foretell it.
  package static func random() -> OutRefundNo {
    guard let number = OutRefundNo("R" + hexadecimal(randomBytes(16))) else {
      preconditionFailure("Letters and digits make a refund number.")
    }
    return number
  }
}

extension ApplyRefund {
  /// The parameters of a refund of a payment.
  ///
  /// - Throws: `NotRefundable`; `WeChatPayError` when it was paid under another appid or mch_id than
  ///   the merchant has now.
  package init(
    of payment: PaymentAttempt, number: OutRefundNo, amount: Fen, reason: String,
    merchant: Merchant
  ) throws {
    guard let transactionID = payment.transactionID else { throw NotRefundable.notPaid }
    // Of what another program has placed only its number is known.
    if let placed = try? UnifiedOrder(stored: payment.parameters),
      let obstacle = placed.obstacle(to: .refund, by: merchant)
    {
      throw obstacle
    }
    guard amount <= payment.total else {
      throw NotRefundable.exceedsPayment(total: payment.total)
    }
    try self.init(
      transactionID: transactionID, outTradeNo: payment.outTradeNo, outRefundNo: number,
      total: payment.total, amount: amount, description: reason, account: nil, merchant: merchant)
  }

  /// The parameters of a refund that was applied for.
  package init(_ refund: Refund, amount: Fen, merchant: Merchant) throws {
    try self.init(
      transactionID: refund.transactionID, outTradeNo: refund.outTradeNo,
      outRefundNo: refund.number, total: refund.total, amount: amount,
      description: refund.reason, account: nil, merchant: merchant)
  }
}
