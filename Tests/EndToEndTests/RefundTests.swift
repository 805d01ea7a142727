import Server
import TestSupport
import Testing

/// From the buyer's wish to the buyer's money, over mutual TLS.
@Suite struct RefundTests {
  @Test func `an application becomes money in the buyer's hands`() throws {
    let site = try Site(.init(haste: 1, hasDuties: true))
    let (number, buyer) = try site.paidOrder()
    let application = try site.applyForRefund(of: number, buyer)
    try #require(application.status == 201, "\(application.text)")
    let refund = try #require(application.json["out_refund_no"]?.string)
    #expect(application.json["state"]?.string == "applied")
    #expect(application.json["refund_fee"]?.integer == 1990)

    let queue = try site.send("GET", "/wxpay/merchant/refunds?state=applied", token: site.reviewer)
    #expect(queue.json["refunds"]?.array?.map { $0["out_refund_no"]?.string } == [refund])

    let approval = try site.decide("approve", refund)
    try #require(approval.status == 200, "\(approval.text)")
    try site.waitUntil(refund, is: "succeeded")

    let order = try site.send("GET", "/wxpay/order?out_trade_no=\(number)", token: buyer.token).json
    #expect(order["refunded_fee"]?.integer == 1990)
    #expect(order["refunds"]?.array?.first?["notice"]?.string?.contains("已成功") == true)
    let sent = try site.control("GET", "transmissions").json["transmissions"]?.array
    #expect(sent?.count == 1)
    #expect(try site.control("GET", "complaints").json["complaints"]?.array?.isEmpty == true)
  }
}
