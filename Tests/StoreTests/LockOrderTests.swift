import MariaDB
import Payments
import Store
import TestSupport
import Testing

/// Transactions that want the same rows take them in one order.
///
/// A transaction that loses a deadlock runs again, a few times: so many meet here, and so often, that
/// two which want the rows in opposite orders run out of repetitions.
@Suite struct LockOrderTests {
  private static let count = 32
  private static let rounds = 6

  @Test func `a refund found elsewhere and one that is approved do not lock each other out`() throws
  {
    let shop = try Shop(connections: Self.count)
    let payment = try shop.paid()
    for round in 0..<Self.rounds {
      // As many as a payment has are few: each round forgets those before.
      try shop.run("UPDATE payment SET refund_count = 0, reserved_fee = 0")
      try concurrently(Self.count) { number in
        let name = "\(round)-\(number)"
        guard number.isMultiple(of: 2) else {
          try shop.apply(payment, "R\(name)", 1, parameters: "refund_fee=1")
          return
        }
        #expect(
          try shop.refunds.recordElsewhere(
            shop.news(.succeeded, amount: 1), number: #require(OutRefundNo("HAND\(name)")),
            of: payment, by: shop.act("wechat-query")))
      }
    }
    #expect(try shop.count("refund") == Int64(Self.count * Self.rounds))
  }

  @Test func `direct refunds of many payments by one token do not lock each other out`() throws {
    let shop = try Shop(connections: Self.count)
    let payments = try (0..<Self.count).map { number in
      try shop.paid("20261121-\(number)", transaction: "4200\(number)")
    }
    for round in 0..<Self.rounds {
      try concurrently(Self.count) { number in
        let application = try shop.application(payments[number], "R\(round)-\(number)", 1)
        let outcome = try shop.refunds.apply(
          RefundApplication(
            payment: application.payment, number: application.number, amount: application.amount,
            kind: .unshipped, reason: application.reason, key: nil,
            approvedParameters: "refund_fee=1",
            dayLimit: RefundDayLimit(holder: "anna", amount: try #require(Fen(100_000)))),
          by: shop.act())
        guard case .created = outcome else {
          Issue.record("not created: \(outcome)")
          return
        }
      }
    }
    #expect(
      try shop.query("SELECT refund_fee FROM refund_day")[0].integer("refund_fee")
        == Int64(Self.count * Self.rounds))
  }
}
