/// An order (订单) as WeChat keeps it. Times are microseconds since 1970, amounts fen.
struct Order: Sendable {
  let outTradeNo: String
  /// The business parameters of the first submission, sorted: later ones must equal them.
  let parameters: [Field]
  /// The digest of the newest submission: the client's second signature must use it, too.
  var signType: SignType
  let createdAt: Int64
  /// When WeChat closes the order by itself (`time_expire`, or seven days).
  let expiresAt: Int64
  var prepays: [Prepay] = []
  /// How often `unifiedorder` was sent for this number.
  var transmissions = 0
  /// The state as last recorded; `state(at:)` also knows the time.
  var recordedState: TradeState = .notPaid
  var payment: Payment?
  /// Scheduled deliveries of the notification, oldest first.
  var attempts: [NotificationAttempt] = []

  subscript(parameter: String) -> String? {
    parameters.first { $0.name == parameter }?.value
  }

  var totalFee: Int64 { self["total_fee"].flatMap { Int64($0) } ?? 0 }
  var openID: String { self["openid"] ?? "" }
  var notifyURL: String { self["notify_url"] ?? "" }
  var isAcknowledged: Bool { attempts.contains { $0.isAcknowledged } }

  /// Unpaid orders are closed by WeChat once their time is over.
  func state(at now: Int64) -> TradeState {
    let isOpen = !recordedState.isPaid && !recordedState.isDead
    return isOpen && now >= expiresAt ? .closed : recordedState
  }
}

/// A prepay session (预支付交易会话): what the buyer's client opens the cashier with.
struct Prepay: Equatable, Sendable {
  let id: String
  /// Microseconds since 1970, moved up when the control route ends the session early.
  var expiresAt: Int64
}

/// The buyer's payment.
struct Payment: Equatable, Sendable {
  let transactionID: String
  let openID: String
  let paidAt: Int64
  let coupons: [Coupon]
  /// False when a fault loses the notification: WeChat then never tells, and only a query finds out.
  let isAnnounced: Bool

  var couponFee: Int64 { coupons.reduce(0) { $0 + $1.fee } }

  /// The amount that the merchant gets: the order's less the coupons that were not recharged.
  func settlementFee(ofTotal totalFee: Int64) -> Int64 {
    totalFee - coupons.filter(\.isNotRecharged).reduce(0) { $0 + $1.fee }
  }
}

/// A coupon (代金券) used in a payment.
struct Coupon: Equatable, Sendable {
  let id: String
  /// In fen.
  let fee: Int64
  /// `CASH`, `NO_CASH` (not recharged, 免充值), or nil: real messages often lack it.
  let type: String?

  /// Paid for by nobody (免充值): the merchant never gets it.
  var isNotRecharged: Bool { type == "NO_CASH" }
}

/// One delivery of a notification, and what came of it.
struct NotificationAttempt: Equatable, Sendable {
  /// Microseconds since 1970.
  let at: Int64
  /// 1 for the first delivery, up to 16.
  let number: Int
  /// The HTTP status; 0 when there was no answer.
  let status: Int
  /// The answer's body, or why there was none.
  let reply: String
  let isAcknowledged: Bool
}
