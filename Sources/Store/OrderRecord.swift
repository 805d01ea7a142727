import MariaDB
package import Payments

/// An order together with the attempt that decides its state: the paid one, else the latest.
///
/// What was ever attempted or paid is an order of ours, whatever becomes of the shop's row.
package struct OrderRecord: Sendable {
  /// What the shop wants to be paid; what the attempt asked for, when the shop's row does not say.
  package let order: Order
  /// What has become of the shop's row.
  package let shopRow: ShopRow
  /// When the shop created it; when it was first to be paid, if the row does not say.
  package let createdAt: BeijingTime?
  /// `nil` as long as nobody has asked to pay.
  package let attempt: PaymentAttempt?
  /// What a person must look at and has not resolved yet, in the order of `Alarm`.
  package let alarms: [Alarm]

  /// The attempt's state; `created` as long as nobody has asked to pay.
  package var state: PaymentState { attempt?.state ?? .created }
}

/// What has become of an order's row in `shop_order`, which may be the shop's own table.
package enum ShopRow: Sendable {
  case present
  /// Deleted, archived or renamed.
  case gone
  /// Its amount, payer or time cannot be understood.
  case unusable(UnusableRow)
}

extension OrderRecord {
  /// - Parameters:
  ///   - row: of `shop_order`; `nil` when it is gone.
  ///   - attempt: with the column `created_at`.
  /// - Throws: `UnusableRow` when the row cannot be used and nothing else is known of the order.
  init(
    _ merchant: MerchantName, _ number: OutTradeNo, row: Row?, attempt: Row?, alarms: Set<Alarm>
  ) throws {
    let known = try attempt.map { try KnownAttempt(Columns(table: "payment", row: $0)) }
    let columns = row.map { Columns(table: "shop_order", row: $0) }
    do {
      if let columns {
        order = try Order(merchant, number, columns)
        shopRow = .present
      } else if let known {
        order = Order(of: known.attempt)
        shopRow = .gone
      } else {
        throw UnusableRow(table: "shop_order", column: "order_no", order: number.text)
      }
    } catch let unusable as UnusableRow {
      guard let known else { throw unusable }
      order = Order(of: known.attempt)
      shopRow = .unusable(unusable)
    }
    // Nothing but a list is made by it: a row without it is as good as any.
    createdAt = (try? columns?.time("created_at")) ?? known?.createdAt
    self.attempt = known?.attempt
    self.alarms = Alarm.allCases.filter(alarms.contains)
  }

  /// Decides what a buyer's wish to pay leads to. Only what stands in `shop_order` now can be paid.
  ///
  /// - Throws: `UnusableRow` when the shop's row would have to say what it costs, and cannot.
  package func decidePay(payer: OpenID, now: BeijingTime) throws -> PayDecision {
    if case .present = shopRow {
      return order.decidePay(latest: attempt, payer: payer, now: now)
    }
    guard let attempt, attempt.openID == payer else { return .refuse(.orderNotFound) }
    switch attempt.state {
    case .paid: return .refuse(.orderPaid)
    case .closed: return .refuse(.orderClosed)
    case .created, .unpaid:
      if case .unusable(let row) = shopRow { throw row }
      return .refuse(.orderNotFound)
    }
  }
}

private struct KnownAttempt {
  let attempt: PaymentAttempt
  let createdAt: BeijingTime?

  init(_ columns: Columns) throws {
    attempt = try PaymentAttempt(columns)
    createdAt = try columns.time("created_at")
  }
}

extension Order {
  /// A row of `shop_order`. Its texts may be anything: they matter when an attempt is opened.
  ///
  /// - Throws: `UnusableRow`.
  init(_ merchant: MerchantName, _ number: OutTradeNo, _ columns: Columns) throws {
    self.init(
      merchant: merchant, number: number, openID: try columns.openID("openid"),
      total: try columns.payable("total_fee"), body: columns.anyText("body") ?? "",
      attach: columns.anyText("attach"), detail: columns.anyText("detail"),
      expiresAt: try columns.time("expires_at"))
  }

  /// What an attempt asked for, of an order whose row does not say it any more.
  fileprivate init(of attempt: PaymentAttempt) {
    self.init(
      merchant: attempt.merchant, number: attempt.order, openID: nil, total: attempt.total,
      body: "", attach: nil, detail: nil, expiresAt: nil)
  }
}

extension Columns {
  /// A payer; `nil` for NULL and for an empty text, which many a shop's table has instead.
  func openID(_ column: String) throws -> OpenID? {
    let text: String?
    do throws(MariaDBError) {
      text = try row.optionalText(column)
    } catch {
      throw unusable(column)
    }
    guard let text, !text.isEmpty else { return nil }
    guard let openID = OpenID(text) else { throw unusable(column) }
    return openID
  }

  /// A text of the shop's; `nil` for NULL, an empty one, and what is none.
  func anyText(_ column: String) -> String? {
    guard let text = try? row.optionalText(column), !text.isEmpty else { return nil }
    return text
  }
}

/// Where a page of orders ends.
package struct OrderCursor: Sendable, Equatable {
  /// As it stands in the row, which may be beyond the calendar.
  package let createdAt: BeijingTime
  /// As it stands in the row, which may be one that cannot be used.
  package let number: String

  package init(createdAt: BeijingTime, number: String) {
    self.createdAt = createdAt
    self.number = number
  }
}
