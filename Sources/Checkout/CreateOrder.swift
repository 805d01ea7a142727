package import Payments
package import Store

/// Takes in an order of the shop's backend, once: a repetition changes nothing.
package struct CreateOrder {
  private let services: Services

  package init(_ services: Services) { self.services = services }

  /// WeChat takes a time of at least a minute ahead; a week is the longest that it keeps an order open.
  private static let aheadSeconds: (least: Int64, most: Int64) = (60, 7 * 86_400)

  /// - Returns: whether it is new.
  /// - Throws: `CheckoutRefusal.orderConflict`, `.ordersComeFromShop`, `.unusableTime`.
  package func create(_ order: Order, by act: Act) throws -> Bool {
    // A repetition finds its order whatever the time is by then.
    if let end = order.expiresAt, !isUsable(end, at: act.now), try !exists(order, act) {
      throw CheckoutRefusal.unusableTime(end)
    }
    switch try services.orders.create(order, by: act) {
    case .created: return true
    case .existed: return false
    case .conflict: throw CheckoutRefusal.orderConflict
    case .readOnly: throw CheckoutRefusal.ordersComeFromShop
    }
  }

  private func isUsable(_ end: BeijingTime, at now: BeijingTime) -> Bool {
    now.adding(seconds: Self.aheadSeconds.least) <= end
      && end <= now.adding(seconds: Self.aheadSeconds.most)
  }

  private func exists(_ order: Order, _ act: Act) throws -> Bool {
    try services.orders.find(merchant: order.merchant, number: order.number, until: act.deadline)?
      .order == order
  }
}
