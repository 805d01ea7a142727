import MariaDB
import Payments

extension Connection {
  /// What a person must look at and has not resolved yet, of some orders of one merchant.
  mutating func openAlarms(
    _ merchant: MerchantName, _ orders: [String]
  ) throws(MariaDBError) -> [String: Set<Alarm>] {
    guard !orders.isEmpty else { return [:] }
    let rows = try query(
      """
      SELECT DISTINCT order_no, kind FROM alarm FORCE INDEX (raised_once)
      WHERE merchant = ? AND order_no IN (\(orders.map { _ in "?" }.joined(separator: ", ")))
        AND resolved_at IS NULL
      """, [.text(merchant.text)] + orders.map(Value.text))
    var alarms: [String: Set<Alarm>] = [:]
    for row in rows {
      guard let alarm = Alarm(rawValue: try row.text("kind")) else { continue }
      alarms[try row.text("order_no"), default: []].insert(alarm)
    }
    return alarms
  }
}
