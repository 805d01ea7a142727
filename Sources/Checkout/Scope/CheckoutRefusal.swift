package import Payments

/// Why a use case did nothing, where no type of its own says so; the gateway tells it to callers.
package enum CheckoutRefusal: Error, Sendable, Equatable {
  /// There is no such order, or it is somebody else's: the two look alike.
  case orderNotFound
  case refundNotFound
  /// An order of this number exists with other content.
  case orderConflict
  /// The order's number is too long for another attempt.
  case numberTooLong
  /// The client takes the order to cost another amount.
  case amountMismatch
  /// The buyer has as many open attempts on orders that name no openid as one may have.
  case tooManyClaims
  /// `shop_order` is a view: orders are created in the shop's own table.
  case ordersComeFromShop
  /// The order's last moment to pay is too near or too far ahead.
  case unusableTime(BeijingTime)
  /// A refund of this number or key exists with other content.
  case refundConflict
  /// The refund is of another amount than the decision.
  case amountConflict(refund: Fen, applied: Fen)
  /// Less is approved than was applied for, and no reason is given.
  case reasonMissing
  /// Other requests about the same order were faster each time until the deadline: ask again.
  case contended
}

extension CheckoutRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .orderNotFound: "there is no such order"
    case .refundNotFound: "there is no such refund"
    case .orderConflict: "an order of this number exists with other content"
    case .numberTooLong: "the order's number is too long for another attempt"
    case .amountMismatch: "the amount is not the order's"
    case .tooManyClaims: "the buyer has too many open attempts on orders that name no openid"
    case .ordersComeFromShop: "orders are a view of the shop's own table"
    case .unusableTime(let time): "\(time.rfc3339) is not 1 minute to 7 days ahead"
    case .refundConflict: "a refund of this number or key exists with other content"
    case .amountConflict(let refund, let applied):
      "the refund is of \(refund), and \(applied) were applied for"
    case .reasonMissing: "approving less than was applied for needs a reason"
    case .contended: "other requests about the order were faster each time"
    }
  }
}
