import Payments

extension Shape where Value == String {
  /// The host of an address, as it stands there.
  static let hostName = Shape(
    "a host's name or address", remedy: "write it as in the url, without port"
  ) { text in
    let isPlain = text.utf8.allSatisfy { $0.isAlphanumeric || ".-_:".utf8.contains($0) }
    return (1...253).contains(text.utf8.count) && isPlain ? text.lowercased() : nil
  }

  /// A statement of SQL; `ShopStatement` says more about it.
  static let statement = Shape(
    "an UPDATE or INSERT statement", remedy: "write it in quotation marks"
  ) { text in
    (1...8192).contains(text.utf8.count) && !text.contains("\0") ? text : nil
  }
}

extension ShopEvent {
  /// Completes "when …".
  var when: String {
    switch self {
    case .paid: "WeChat holds the money, also for an order that was closed before"
    case .paidOtherAmount:
      "WeChat holds another amount than the order costs now: look before you deliver"
    case .closed: "the order was closed or its time is over; it may still become paid"
    case .refundApplied: "the buyer or the shop applies for a refund"
    case .refundAwaitingGoods: "the merchant agrees and waits for the goods"
    case .refundApproved: "a refund is decided and sent"
    case .refundRejected: "the merchant declines a refund"
    case .refundWithdrawn: "a refund is taken back before it was sent"
    case .refundRefused: "WeChat refuses a refund for good"
    case .refundSucceeded: "the buyer has the money back"
    case .refundClosed: "WeChat gave a refund up; no money moved"
    case .refundAbnormal: "the buyer's card takes no money; the refund may still succeed"
    }
  }
}
