/// The state of a refund as `refundquery` tells it (退款状态).
enum RefundStatus: String, CaseIterable, Sendable {
  case processing = "PROCESSING"
  case success = "SUCCESS"
  /// The refund has failed for good; its amount can be refunded under another number.
  case closed = "REFUNDCLOSE"
  /// The buyer's account takes no money: somebody has to decide on the merchant platform.
  case change = "CHANGE"

  /// Whether a refund can go from this state to another one.
  func canBecome(_ next: RefundStatus) -> Bool {
    switch self {
    case .processing: next != .processing
    case .change: next == .success || next == .closed
    case .success, .closed: false
    }
  }
}

/// What a test has chosen for refunds that are accepted from then on.
enum RefundOutcome: String, CaseIterable, Sendable {
  case success
  /// Stays under way until a control call ends it.
  case processing
  case close
  case change

  /// The state that the refund reaches by itself; nil when it reaches none.
  var status: RefundStatus? {
    switch self {
    case .success: .success
    case .processing: nil
    case .close: .closed
    case .change: .change
    }
  }
}
