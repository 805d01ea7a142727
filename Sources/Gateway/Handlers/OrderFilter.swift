import Payments
import Store

/// The query of `GET merchant/orders?state=&alarm=&from=&to=&cursor=&limit=`.
struct OrderFilter {
  let state: PaymentState?
  /// Only orders with this alarm, open.
  let alarm: Alarm?
  let from: BeijingTime?
  let to: BeijingTime?
  let cursor: OrderCursor?
  let limit: Int

  static let members = ["state", "alarm", "from", "to", "cursor", "limit"]

  init(_ context: Context) throws(Refusal) {
    let states = PaymentState.allCases.map(\.rawValue).joined(separator: ", ")
    state = try context.read("state", "one of \(states)", PaymentState.init)
    alarm = try context.alarm()
    from = try context.read("from", Self.time, BeijingTime.init(rfc3339:))
    to = try context.read("to", Self.time, BeijingTime.init(rfc3339:))
    cursor = try context.read("cursor", "next_cursor of the page before", OrderCursor.init)
    limit = try context.pageLimit()
  }

  private static let time = "a time such as 2026-11-21T00:00:00%2B08:00"
}

extension Context {
  /// How many entries of a list are wanted.
  func pageLimit() throws(Refusal) -> Int {
    try read("limit", "a number from 1 to 200") { text in
      Int(text).flatMap { (1...200).contains($0) ? $0 : nil }
    } ?? 50
  }

  /// A value of the query; `nil` when it is absent or empty.
  func read<Value>(
    _ name: String, _ expected: String, _ read: (String) -> Value?
  ) throws(Refusal) -> Value? {
    guard let text = try query(name), !text.isEmpty else { return nil }
    guard let value = read(text) else {
      throw Refusal(.malformedRequest, "\(name) in the query: expected \(expected).")
    }
    return value
  }
}

extension OrderCursor {
  var text: String { "\(createdAt.microseconds).\(number)" }

  fileprivate init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 1)
    guard parts.count == 2, let microseconds = Int64(parts[0]),
      parts[1].utf8.allSatisfy(\.isGraphic)
    else { return nil }
    self.init(createdAt: BeijingTime(microseconds: microseconds), number: String(parts[1]))
  }
}
