import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// A crowd that waits for WeChat is served as fast as WeChat allows: who finds a moment taken waits
/// for the next one, and does not come back seconds later.
///
/// The figures are printed, the machine decides on them. `WEIXINPAY_CROWD` names another size.
@Suite(.serialized) struct CrowdTests {
  private let count =
    ProcessInfo.processInfo.environment["WEIXINPAY_CROWD"].flatMap { Int($0) } ?? 100

  private func report(_ what: String, _ duration: Duration) {
    let seconds = duration / .seconds(1)
    print(
      String(
        format: "crowd: %d %@ in %.1f s, %.0f a second", count, what, seconds,
        Double(count) / seconds))
  }

  @Test func `payments without a notification are found in one try each`() throws {
    let site = try Site(Site.Options(haste: 1, hasDuties: true, isSupervised: true))
    try site.fault("notify", "lose", count: 0)
    // All come due at one moment, after all were paid.
    try site.execute(
      """
      CREATE TRIGGER later BEFORE INSERT ON duty FOR EACH ROW
      SET NEW.due_at = NEW.due_at + IF(NEW.kind = 'payment', 3600000000, 0)
      """)
    let buyer = try site.login()
    try payOrders(site, buyer)
    let begun = ContinuousClock.now
    try site.execute("UPDATE duty SET due_at = 1 WHERE kind = 'payment'")
    try eventually("every order is paid", within: .seconds(120)) {
      try site.count("payment", where: "state = 'paid'") == count
    }
    report("silent payments found", ContinuousClock.now - begun)
    let takes = try site.query(
      "SELECT CAST(SUM(lease) AS INT) AS takes FROM duty WHERE kind = 'payment'")[0]
    // More only where one was so slow that its lease ended.
    #expect(try takes.integer("takes") <= count + count / 10)
  }

  @Test func `direct refunds at once are sent in one try each`() throws {
    let site = try Site(Site.Options(haste: 1, hasDuties: true, isSupervised: true))
    let buyer = try site.login()
    let numbers = try payOrders(site, buyer)
    try eventually("every order is paid", within: .seconds(120)) {
      try site.count("payment", where: "state = 'paid'") == count
    }
    let begun = ContinuousClock.now
    try concurrently(20) { worker in
      for number in numbers.enumerated().filter({ $0.offset % 20 == worker }).map(\.element) {
        let reply = try site.refund(number, fee: 1990)
        try #require(reply.status == 201, "\(reply.text)")
      }
    }
    try eventually("every refund is at WeChat", within: .seconds(120)) {
      try site.count("refund", where: "state IN ('processing', 'succeeded')") == count
    }
    report("direct refunds sent", ContinuousClock.now - begun)
    let late = try site.count("refund", where: "sends <> 1 OR wait IS NOT NULL")
    #expect(late == 0)
  }

  @discardableResult
  private func payOrders(_ site: Site, _ buyer: Site.Buyer) throws -> [String] {
    try concurrently(10) { _ in
      try (0..<(count / 10)).map { _ in
        let number = Site.number()
        try site.createOrder(number, openID: buyer.openID)
        let payment = try site.pay(number, buyer)
        try #require(payment.status == 200, "\(payment.text)")
        try site.confirm(payment)
        return number
      }
    }.flatMap(\.self)
  }
}
