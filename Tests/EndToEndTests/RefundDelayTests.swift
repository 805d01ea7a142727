import Server
import TestSupport
import Testing

/// A refund that waits for a person to mend something is an alarm after an hour.
@Suite struct RefundDelayTests {
  /// What makes a refund wait, for what, and what mends it.
  struct Trouble: Sendable, CustomTestStringConvertible {
    let wait: String
    let code: String
    let remedy: String
    var testDescription: String { code }
  }

  private static let troubles = [
    Trouble(wait: "funds", code: "NOTENOUGH", remedy: "top it up"),
    Trouble(wait: "configuration", code: "CERT_ERROR", remedy: "weixinpay check"),
    Trouble(wait: "person", code: "SOMETHING_NEW", remedy: "retry or withdraw"),
  ]

  @Test(arguments: troubles)
  func `a long wait is one alarm, which ends when the refund gets ahead`(trouble: Trouble) throws {
    let site = try Site.forRefunds()
    let (order, _) = try site.paidOrder()
    let refund = Site.refundNumber()
    try site.fault("refund", "refuse", of: refund, code: trouble.code, count: 0)
    #expect(try site.refund(order, fee: 1990, refundNumber: refund).status == 201)
    try site.waitUntil(refund, waitsFor: trouble.wait)
    #expect(try site.alarms(order) == [])
    try site.passHour(of: refund)
    try eventually("a person is told") { try site.alarms(order) == ["refund_delayed"] }
    let reply = try site.send(
      "GET", "/wxpay/merchant/alarms?order_no=\(order)", token: site.cashier)
    let alarm = try #require(reply.json["alarms"]?.array?.first, "\(reply.text)")
    #expect(alarm["out_refund_no"]?.string == refund)
    #expect(alarm["detail"]?.string?.contains(trouble.remedy) == true, "\(alarm)")
    // More of the same is no other alarm.
    for _ in 0..<3 {
      try site.passHour(of: refund)
      try eventually("it is tried again") { try site.isTried(refund) }
    }
    #expect(try site.count("alarm", where: "order_no = '\(order)'") == 1)
    #expect(try site.count("journal", where: "event = 'refund_delayed'") == 1)
    try site.clearFaults()
    #expect(try site.decide("retry", refund).status == 200)
    try site.waitUntil(refund, is: "succeeded")
    #expect(try site.alarms(order) == [])
    #expect(
      try site.count("alarm", where: "order_no = '\(order)' AND resolved_at IS NOT NULL") == 1)
  }

  @Test func `those that a pause holds back are told of, too`() throws {
    let site = try Site.forRefunds()
    let orders = try (0..<2).map { _ in try site.paidOrder().number }
    try site.fault("refund", "refuse", of: "R-\(orders[0])", code: "CERT_ERROR", count: 0)
    for order in orders {
      #expect(try site.refund(order, fee: 1990, refundNumber: "R-\(order)").status == 201)
    }
    // For as long as this test takes.
    try site.execute(
      "UPDATE pace SET paused_until = paused_until + 3600000000 WHERE kind = 'refund'")
    try site.execute("UPDATE duty SET due_at = 0 WHERE kind = 'refund' AND lease_until = 0")
    try site.waitUntil("R-\(orders[1])", waitsFor: "configuration")
    #expect(try site.transmissions("R-\(orders[1])") == [])
    try site.passHour(of: "R-\(orders[1])")
    try eventually("a person is told") { try site.alarms(orders[1]) == ["refund_delayed"] }
    let withdrawal = try site.decide("withdraw", "R-\(orders[1])", ["reason": "算了"])
    #expect(withdrawal.json["state"]?.string == "withdrawn", "\(withdrawal.text)")
    #expect(try site.alarms(orders[1]) == [])
  }

  @Test func `what waits for WeChat alone is no alarm`() throws {
    let site = try Site.forRefunds()
    let (order, _) = try site.paidOrder()
    let refund = Site.refundNumber()
    try site.fault("refund", "systemerror_before", of: refund, count: 0)
    #expect(try site.refund(order, fee: 1990, refundNumber: refund).status == 201)
    try site.waitUntil(refund, waitsFor: "wechat")
    for _ in 0..<3 {
      try site.passHour(of: refund)
      try eventually("it is tried again") { try site.isTried(refund) }
    }
    #expect(try site.count("alarm", where: "order_no = '\(order)'") == 0)
  }
}

extension Site {
  /// Lets an hour pass for a refund, and has somebody look at it.
  fileprivate func passHour(of refund: String) throws {
    try execute(
      "UPDATE refund SET held_since = held_since - 3600000000 WHERE out_refund_no = '\(refund)'")
    try execute(
      """
      UPDATE duty SET due_at = LEAST(due_at, lease_until), attempt = 1000
      WHERE kind = 'refund' AND subject = '\(refund)'
      """)
  }

  /// Whether it was looked at since the hour passed.
  fileprivate func isTried(_ refund: String) throws -> Bool {
    try count(
      "duty", where: "subject = '\(refund)' AND attempt > 1000 AND lease_until = 0") == 1
  }
}
