import Foundation
import Server
import TestSupport
import Testing

/// A site on its way back to its old scripts (`nginx/weixinpay_drain.conf`).
@Suite struct DrainTests {
  @Test func `what is under way when a site goes back is paid, seen and refunded`() throws {
    let site = try Site()
    let (number, buyer, payment) = try site.unpaidOrder()
    try site.drain()

    // The old worker of nginx may still take a connection or two.
    try eventually("the other locations") { try site.pay(number, buyer).status == 503 }
    try site.confirm(payment)
    // The merchant's view asks nobody: only the notification can have made it paid.
    try eventually("the notification") { try site.state(number) == "paid" }
    let order = try site.send("GET", "/wxpay/order?out_trade_no=\(number)", token: buyer.token)
    #expect(order.json["state"] == "paid")
    let refund = try site.send(
      "POST", "/wxpay/merchant/orders/\(number)/refunds", token: site.cashier,
      json: ["refund_fee": 1990, "reason": "the shop moves"])
    #expect(refund.status == 201, "\(refund.text)")
    #expect(try site.send("GET", "/wxpay/health").status == 200)
  }
}

extension Site {
  /// Includes the other file in the place of `weixinpay.conf`, and has nginx read it.
  fileprivate func drain() throws {
    let folder = URL(filePath: nginx.errorLog).deletingLastPathComponent()
    let include = folder.appending(path: "weixinpay.conf")
    try FileManager.default.removeItem(at: include)
    try FileManager.default.copyItem(
      at: URL(filePath: sourceFile("nginx/weixinpay_drain.conf")), to: include)
    try nginx.reload()
  }
}
