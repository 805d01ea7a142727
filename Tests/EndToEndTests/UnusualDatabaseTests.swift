import Server
import TestSupport
import Testing

/// A server of MariaDB whose administrator has set everything otherwise.
@Suite struct UnusualDatabaseTests {
  @Test func `an order is created, paid and given back`() throws {
    let server = try PrivateMariaDB(extraOptions: PrivateMariaDB.unusualOptions)
    var options = Site.Options.withDuties
    options.server = server
    let site = try Site(options)
    let (number, buyer, payment) = try site.unpaidOrder()
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    #expect(try site.merchantOrder(number)["body"]?.string == "腾讯-游戏")
    #expect(
      try site.send("GET", "/wxpay/order?out_trade_no=\(number)", token: buyer.token).status == 200)
    let refund = Site.refundNumber()
    #expect(try site.refund(number, fee: 1990, refundNumber: refund).status == 201)
    try site.waitUntil(refund, is: "succeeded")
  }
}
