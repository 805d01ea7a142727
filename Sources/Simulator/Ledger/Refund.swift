/// A refund (退款单) as WeChat keeps it. Times are microseconds since 1970, amounts fen.
struct Refund: Equatable, Sendable {
  /// Who asked for a refund, spelled as in its notification.
  enum Source: String, Sendable {
    case api = "API"
    /// Somebody on the merchant platform (商户平台).
    case vendorPlatform = "VENDOR_PLATFORM"
  }

  /// How a refund will end by itself.
  struct Ending: Equatable, Sendable {
    let status: RefundStatus
    let at: Int64
  }

  /// One delivery of a notification, and which state it told.
  struct Announcement: Equatable, Sendable {
    let status: RefundStatus
    let attempt: NotificationAttempt
  }

  let outRefundNo: String
  let refundID: String
  let outTradeNo: String
  let transactionID: String
  let fee: Int64
  let totalFee: Int64
  let source: Source
  /// The business parameters of the request, sorted: later ones must equal them. None when the
  /// refund was made by hand.
  let parameters: [Field]
  /// Where the end is announced; nil: nowhere.
  let notifyURL: String?
  let acceptedAt: Int64
  /// Nil: a control call ends it.
  let ending: Ending?
  var status: RefundStatus = .processing
  /// When it got its present state; nil while it is under way.
  var finishedAt: Int64?
  /// Whether a fault has lost the announcement of the present state.
  var isSilenced = false
  /// Scheduled deliveries of its notifications, oldest first.
  var announcements: [Announcement] = []

  subscript(parameter: String) -> String? {
    parameters.first { $0.name == parameter }?.value
  }

  /// Deliveries that announced the present state.
  var attempts: [NotificationAttempt] {
    announcements.filter { $0.status == status }.map(\.attempt)
  }
  var isAcknowledged: Bool { attempts.contains { $0.isAcknowledged } }
  /// Whether the refund takes its amount from what the order can still give back.
  var holdsAmount: Bool { status != .closed }
}

/// One arrival of a refund request, before anything has been judged or has gone wrong.
struct Transmission: Equatable, Sendable {
  let outRefundNo: String
  /// Whether the signature was right.
  let isSigned: Bool
  /// Every non-empty field but `sign` and `nonce_str`, sorted.
  let parameters: [Field]
}

/// Two transmissions of one number that are not the same: a merchant must never do that.
struct Complaint: Equatable, Sendable {
  let outRefundNo: String
  /// Which transmission of the number it was, from 1; it is compared with the first.
  let transmission: Int
  /// The names of the fields that differ, sorted.
  let differing: [String]
}
