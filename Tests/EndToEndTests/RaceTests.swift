import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// The buyer confirms while the merchant closes.
@Suite struct RaceTests {
  /// How many rounds, in as many threads as `threads`.
  private static let rounds = 1000
  private static let threads = 20

  @Test func `an order that is paid while it is closed is never both closed and paid for`() throws {
    let site = try Site(.withDuties)
    let buyer = try site.login()
    let orders = try concurrently(Self.threads) { _ in
      try (0..<(Self.rounds / Self.threads)).map { _ in
        let number = Site.number()
        try site.createOrder(number, openID: buyer.openID)
        let payment = try site.pay(number, buyer)
        try #require(payment.status == 200, "\(payment.text)")
        let replies = try concurrently(2) { side in
          guard side == 0 else {
            return try site.send(
              "POST", "/wxpay/merchant/orders/\(number)/close", token: site.cashier)
          }
          // Closing asks WeChat first: a buyer who never hesitates would always be faster.
          usleep(.random(in: 0...60_000))
          return try site.control("POST", "pay", ["request_payment": payment.json])
        }
        #expect([200, 409].contains(replies[1].status), "\(replies[1].text)")
        return number
      }
    }.flatMap(\.self)

    try eventually("every order has come to rest", within: .seconds(60)) {
      try site.count("payment", where: "state IN ('created', 'unpaid')") == 0
    }
    let paid = Set(
      try concurrently(Self.threads) { thread in
        try stride(from: thread, to: orders.count, by: Self.threads).map { orders[$0] }.filter {
          try site.ledger($0)["state"]?.string == "SUCCESS"
        }
      }.flatMap(\.self))
    try eventually("whoever paid is known to have paid", within: .seconds(60)) {
      try site.count("payment", where: "state = 'paid'") == paid.count
    }
    let states = try site.query("SELECT out_trade_no, state FROM payment")
    for row in states {
      let number = try row.text("out_trade_no")
      #expect(try row.text("state") == (paid.contains(number) ? "paid" : "closed"))
    }
    // Both sides must have been first often enough for this to be a race.
    #expect(paid.count > 0 && paid.count < orders.count, "paid: \(paid.count)")
    let doubles = try site.query(
      """
      SELECT order_no FROM journal WHERE event = 'paid' GROUP BY order_no HAVING COUNT(*) <> 1
      """)
    #expect(doubles.isEmpty)
  }
}
