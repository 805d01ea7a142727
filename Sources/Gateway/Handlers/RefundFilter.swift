import Payments
import Store

/// The query of `GET merchant/refunds?state=&waiting_for=&cursor=&limit=`.
struct RefundFilter {
  let state: RefundState?
  let wait: RefundWait?
  let cursor: RefundCursor?
  let limit: Int

  static let members = ["state", "waiting_for", "cursor", "limit"]

  init(_ context: Context) throws(Refusal) {
    let waits = RefundWait.allCases.map(\.rawValue).joined(separator: ", ")
    wait = try context.read("waiting_for", "one of \(waits)", RefundWait.init)
    let states = RefundState.allCases.map(\.rawValue).joined(separator: ", ")
    state = try context.read("state", "one of \(states)", RefundState.init)
    cursor = try context.read("cursor", "next_cursor of the page before", RefundCursor.init)
    limit = try context.pageLimit()
  }
}

extension RefundCursor {
  var text: String { "\(appliedAt.microseconds).\(number)" }

  init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 1)
    guard parts.count == 2, let microseconds = Int64(parts[0]),
      let number = OutRefundNo(String(parts[1]))
    else { return nil }
    self.init(appliedAt: BeijingTime(microseconds: microseconds), number: number)
  }
}
