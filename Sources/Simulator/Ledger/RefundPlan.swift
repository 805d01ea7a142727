/// How refunds end that are accepted from now on, and which ones are meant.
struct RefundPlan: Equatable, Sendable {
  /// Whom a plan is for; the narrowest that fits counts.
  enum Scope: Hashable, Sendable {
    case refund(outRefundNo: String)
    case order(outTradeNo: String)
    case everything
  }

  let scope: Scope
  let outcome: RefundOutcome
  /// How long the refund is under way before it ends.
  let milliseconds: Int64

  /// What happens while nobody has chosen: success at once.
  static let initial = RefundPlan(scope: .everything, outcome: .success, milliseconds: 0)

  /// How a refund accepted `now` ends, in microseconds since 1970; nil when it does not by itself.
  func ending(acceptedAt now: Int64) -> Refund.Ending? {
    outcome.status.map { Refund.Ending(status: $0, at: now + milliseconds * 1000) }
  }
}
