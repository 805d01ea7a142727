import Payments
import Testing

@Suite struct PaymentStateTests {
  /// The whole table: `nil` is a refusal.
  static let table: [(PaymentState, PaymentEvent, PaymentState?)] = [
    (.created, .accepted, .unpaid), (.created, .paid, .paid), (.created, .closed, .closed),
    (.unpaid, .accepted, .unpaid), (.unpaid, .paid, .paid), (.unpaid, .closed, .closed),
    (.paid, .accepted, nil), (.paid, .paid, .paid), (.paid, .closed, nil),
    (.closed, .accepted, nil), (.closed, .paid, .paid), (.closed, .closed, .closed),
  ]

  @Test(arguments: table)
  func `every pair of state and event has its outcome`(
    state: PaymentState, event: PaymentEvent, expected: PaymentState?
  ) {
    #expect((try? state.after(event)) == expected)
  }

  @Test func `the table is complete`() {
    #expect(Self.table.count == PaymentState.allCases.count * PaymentEvent.allCases.count)
  }

  @Test func `money in hand is never given up`() {
    #expect(throws: PaymentRefusal.orderPaid) { try PaymentState.paid.after(.closed) }
    #expect(PaymentState.before(.closed) == [.created, .unpaid, .closed])
    #expect(PaymentState.before(.paid) == PaymentState.allCases)
  }
}
