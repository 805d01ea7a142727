import Checkout
import Payments
package import Server
package import Store

/// `merchant/alarms…`: what a person must look at, and that it is settled (告警).
struct MerchantAlarms {
  private let request: MerchantRequest

  init(_ request: MerchantRequest) { self.request = request }

  private var alarms: Alarms { Alarms(request.services.database) }

  func list() throws -> Response {
    let query = try AlarmQuery(request.context)
    let page = try alarms.list(
      request.merchant, query.filter, after: query.cursor, limit: query.limit,
      until: request.deadline)
    return Answer.json([
      "alarms": .array(page.alarms.map(\.json)), "next_cursor": JSON(page.next?.text),
    ])
  }

  /// Repeated, it answers with who resolved it first.
  func resolve(_ id: Int64) throws -> Response {
    let members = Members(try request.context.json())
    try members.allow(["note"])
    let note = try members.required(
      "note", "1 to 200 characters of visible text: how it was settled", Note.init)
    switch try alarms.resolve(request.merchant, id, note: note, by: request.act) {
    case .resolved(let alarm), .stood(let alarm): return Answer.json(alarm.json)
    case .notFound: throw Refusal(.alarmNotFound)
    }
  }
}

/// The query of `GET merchant/alarms?state=&alarm=&order_no=&cursor=&limit=`.
struct AlarmQuery {
  let filter: AlarmFilter
  let cursor: AlarmCursor?
  let limit: Int

  static let members = ["state", "alarm", "order_no", "cursor", "limit"]

  init(_ context: Context) throws(Refusal) {
    let isOpen: Bool?? = try context.read("state", "open, resolved or all") { text in
      switch text {
      case "open": .some(true)
      case "resolved": .some(false)
      case "all": .some(nil)
      default: nil
      }
    }
    filter = AlarmFilter(
      isOpen: isOpen ?? true, kind: try context.alarm(),
      order: try context.read("order_no", "an order number", OutTradeNo.init))
    cursor = try context.read("cursor", "next_cursor of the page before", AlarmCursor.init)
    limit = try context.pageLimit()
  }
}

extension Context {
  /// The alarm that the query names.
  func alarm() throws(Refusal) -> Alarm? {
    let alarms = Alarm.allCases.map(\.rawValue).joined(separator: ", ")
    return try read("alarm", "one of \(alarms)", Alarm.init)
  }
}

extension AlarmCursor {
  var text: String { "\(raisedAt.microseconds).\(id)" }

  fileprivate init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
    guard parts.count == 2, let raisedAt = parts[0], let id = parts[1] else { return nil }
    self.init(raisedAt: BeijingTime(microseconds: raisedAt), id: id)
  }
}

extension AlarmRecord {
  /// As the merchant API and `alarm list --json` show it.
  package var json: JSON {
    [
      "id": JSON(id), "alarm": JSON(kind), "order_no": JSON(order),
      "out_trade_no": JSON(outTradeNo), "out_refund_no": JSON(refund), "detail": JSON(detail),
      "raised_at": JSON(raisedAt), "resolved_at": JSON(resolution?.at),
      "resolved_by": JSON(resolution?.by), "note": JSON(resolution?.note),
    ]
  }
}
