import Configuration
import MariaDB
import Payments
import Store
import WeChatPay

extension Check {
  /// Whether strangers can claim orders by guessing their numbers: an order whose row names no payer
  /// belongs to the first who asks to pay it.
  ///
  /// Looked at are the newest orders of each merchant, as the first page of a list reads them.
  static func checkClaims(_ connection: inout Connection, _ settings: Settings) -> [Finding] {
    settings.merchants.compactMap { merchant -> Finding? in
      do throws(MariaDBError) {
        return warning(merchant.name, try connection.newestOrders(of: merchant.name))
      } catch {
        // Without the right to read it, `rights` says so.
        guard ![1142, 1143].contains(error.code) else { return nil }
        return .warn(
          "shop_order", "the newest orders of \(merchant.name) cannot be read: \(error.message)",
          "correct the view; give the table behind it an index by merchant and time of creation")
      }
    }
  }

  private static func warning(
    _ merchant: MerchantName, _ orders: [(number: OutTradeNo, isOpenToAll: Bool)]
  ) -> Finding? {
    let guessable = GuessableNumbers(orders.map(\.number))
    let open = orders.filter(\.isOpenToAll).map(\.number)
    guard let example = open.first(where: guessable.contains) else { return nil }
    return .warn(
      "shop_order",
      "\(open.count) of the newest \(orders.count) orders of \(merchant) name no openid, and numbers"
        + " like \(example) can be guessed: a stranger who asks to pay such an order first sees its"
        + " amount and keeps its buyer out",
      "let the row name the buyer's openid, or let order numbers end in at least eight random"
        + " characters")
  }
}

extension Connection {
  fileprivate mutating func newestOrders(
    of merchant: MerchantName
  ) throws(MariaDBError) -> [(number: OutTradeNo, isOpenToAll: Bool)] {
    var orders: [(number: OutTradeNo, isOpenToAll: Bool)] = []
    for row in try query(
      """
      SELECT order_no, openid IS NULL OR openid = '' AS is_open FROM shop_order
      WHERE merchant = ? ORDER BY created_at DESC, order_no DESC LIMIT 200
      """, [.text(merchant.text)])
    {
      // A view may yield anything; what is no order number cannot be paid.
      guard let number = try row.optionalText("order_no").flatMap(OutTradeNo.init) else { continue }
      orders.append((number, try row.integer("is_open") == 1))
    }
    return orders
  }
}

/// Which of a merchant's order numbers can be guessed by counting.
///
/// Numbers are of one shape when they differ in nothing but digits. Those of a shape can be guessed
/// when the digits are few enough to try all of them, or when at least half of the numbers are near
/// the one before, as `20261121-0007`, `20261121-0009` and `20261122-0001` are, or times to the second.
/// Nothing else is called guessable: a rule that the numbers do not show cannot be seen.
struct GuessableNumbers {
  private let shapes: Set<String>

  init(_ numbers: [OutTradeNo]) {
    let shapes = Dictionary(grouping: numbers, by: \.shape).filter { _, members in
      guard members.count >= Self.fewestNumbers else { return false }
      let counters = members.map(\.counter).sorted()
      let steps = zip(counters.dropFirst(), counters).map { $0 - $1 }.sorted()
      return members[0].digits.count <= Self.fewDigits || steps[(steps.count - 1) / 2] <= Self.near
    }
    self.shapes = Set(shapes.keys)
  }

  func contains(_ number: OutTradeNo) -> Bool { shapes.contains(number.shape) }

  /// Fewer show no rule.
  private static let fewestNumbers = 3
  /// All numbers of so many digits are tried in 14 hours, at the 20 a second that nginx lets one
  /// address send (`weixinpay_http.conf`).
  private static let fewDigits = 6
  /// So many are tried in 8 minutes.
  private static let near: UInt64 = 10_000
}

extension OutTradeNo {
  fileprivate var digits: [Character] { text.filter(\.isNumber).map(\.self) }
  fileprivate var shape: String { String(text.map { $0.isNumber ? "#" : $0 }) }
  /// Its digits as one number; of more than 18 the last ones, which move.
  fileprivate var counter: UInt64 { UInt64(String(digits.suffix(18))) ?? 0 }
}
