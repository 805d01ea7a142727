import Server
import TestSupport
import Testing

/// What keeps a refund from its end is seen, keeps no other refund, and has a way out.
@Suite struct RefundTroubleTests {
  @Test func `late money goes back although somebody else was at the payment`() throws {
    let site = try Site(Site.Options(latePayment: "refund"))
    let (number, _, payment) = try site.unpaidOrder()
    try site.execute(
      "UPDATE payment SET state = 'closed', closing = 'merchant' WHERE out_trade_no = '\(number)'")
    // Whenever the late refund is recorded, another has just reserved a fen.
    try site.execute(
      """
      CREATE TRIGGER intruder BEFORE INSERT ON refund FOR EACH ROW
      UPDATE payment SET reserved_fee = reserved_fee + 1
      """)
    try site.confirm(payment)
    try eventually("the late payment is looked after") {
      try site.count("duty", where: "kind = 'late_payment' AND lease > 0 AND lease_until = 0") == 1
    }
    try site.execute("DROP TRIGGER intruder")
    try eventually("the money has gone back") {
      try site.merchantOrder(number)["refunded_fee"]?.integer == 1990
    }
  }
}
