import Payments
import Testing

@Suite struct RefundTests {
  private static let appliedAt = BeijingTime(microseconds: 1_795_222_991_000_000)

  private func refund(_ state: RefundState) throws -> Refund {
    Refund(
      merchant: try #require(MerchantName("main")), number: try #require(OutRefundNo("R1")),
      order: try #require(OutTradeNo("20261121-7")),
      outTradeNo: try #require(OutTradeNo("20261121-7-2")),
      transactionID: try #require(TransactionID("4200001952202611210000000001")),
      payer: nil,
      total: try #require(Fen(1990)), appliedAmount: try #require(Fen(500)),
      amount: try #require(Fen(500)), kind: .unshipped, state: state, reason: "too small",
      reviewReason: nil, wait: nil, remark: nil, parameters: nil, sends: 0, isUnanswered: false,
      refundID: nil, appliedAt: Self.appliedAt, succeededAt: nil, version: 1)
  }

  @Test func `a buyer who has waited for a decision for more than a day has waited too long`()
    throws
  {
    let applied = try refund(.applied)
    let day: Int64 = 24 * 3600
    #expect(!applied.isOverdue(at: Self.appliedAt))
    #expect(!applied.isOverdue(at: Self.appliedAt.adding(seconds: day)))
    #expect(applied.isOverdue(at: Self.appliedAt.adding(seconds: day + 1)))
    // A clock that was set back makes nobody late.
    #expect(!applied.isOverdue(at: Self.appliedAt.adding(seconds: -day)))
  }

  @Test(arguments: RefundState.allCases.filter { $0 != .applied })
  func `what was decided is not overdue`(state: RefundState) throws {
    #expect(try !refund(state).isOverdue(at: Self.appliedAt.adding(seconds: 365 * 86_400)))
  }

  @Test(arguments: [
    "x", "太小了", " too small ", String(repeating: "太", count: 80),
    String(repeating: "👍", count: 80),
  ])
  func `a reason keeps its words`(text: String) throws {
    #expect(try #require(Reason(text)).text == text)
  }

  @Test(arguments: [
    "", " ", "\u{3000}\u{A0}", "two\nlines", "a\u{0}", "a\u{7F}", "a\u{85}",
    "请退 \u{202E}09.9", "\u{200B}", "a\u{2028}R1 withdrawn", "a\u{FEFF}", "a\u{E0041}", "a\u{378}",
    String(repeating: "太", count: 81),
  ])
  func `what is empty, too long or steers a terminal is no reason`(text: String) {
    #expect(Reason(text) == nil)
  }

  /// The column counts code points, as the database does; a letter may carry any number of them.
  @Test(arguments: [
    "e" + String(repeating: "\u{301}", count: 80),
    String(repeating: "👨‍👩‍👧", count: 17),
  ])
  func `a reason of few letters is not longer than its column`(text: String) {
    #expect(text.count <= 80)
    #expect(text.utf8.count <= 320)
    #expect(Reason(text) == nil)
  }

  @Test func `two reasons are one if their bytes are`() throws {
    let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
    #expect(composed == decomposed)
    #expect(Reason(composed) != Reason(decomposed))
    #expect(Reason(composed) == Reason(composed))
  }
}
