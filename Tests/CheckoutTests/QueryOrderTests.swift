import Payments
import Testing

@testable import Checkout

@Suite struct QueryOrderTests {
  @Test(arguments: [
    ("20261121-7-2", "20261121-7"), ("20261121-7-99", "20261121-7"), ("20261121-7-1", nil),
    ("20261121-7-02", nil), ("20261121-7-100", nil), ("20261121-7", "20261121"), ("A-2", nil),
    ("ABCDEF-2", "ABCDEF"), ("ABCDEFG", nil),
  ])
  func `the number of a later attempt names its order`(number: String, order: String?) throws {
    // Too short for an order's number.
    guard let number = OutTradeNo(number) else {
      #expect(order == nil)
      return
    }
    #expect(number.orderOfLaterAttempt?.text == order)
  }
}
