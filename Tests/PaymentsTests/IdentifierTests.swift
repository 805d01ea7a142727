import Payments
import Testing

@Suite struct IdentifierTests {
  @Test(arguments: [
    ("20150806125346", true, true), ("a_b-c|d*E9", true, true), ("12345", false, true),
    ("123456", true, true), (String(repeating: "x", count: 32), true, true),
    (String(repeating: "x", count: 33), false, true),
    (String(repeating: "x", count: 64), false, true),
    (String(repeating: "x", count: 65), false, false), ("abc@def1", false, true),
    ("订单123456", false, false), ("abc 1234", false, false), ("abc.1234", false, false),
    ("", false, false), ("１２３４５６", false, false),
  ])
  func `order and refund numbers keep to WeChat's characters`(
    text: String, isOutTradeNo: Bool, isOutRefundNo: Bool
  ) {
    #expect((OutTradeNo(text) != nil) == isOutTradeNo)
    #expect((OutRefundNo(text) != nil) == isOutRefundNo)
  }

  @Test(arguments: [
    ("50300000000000000000000000001", true), ("2008450740201411110000174436", true),
    ("REF4200000264201902164505328587", true), (String(repeating: "5", count: 32), true),
    (String(repeating: "5", count: 33), false), ("", false), ("5030-1", false), ("５０３０", false),
  ])
  func `WeChat's number of a refund is letters and digits`(text: String, isRefundID: Bool) {
    #expect((RefundID(text) != nil) == isRefundID)
  }

  @Test func `numbers that differ in case are two numbers`() {
    #expect(OutTradeNo("ABCDEF") != OutTradeNo("abcdef"))
  }

  @Test func `later attempts append their number, as long as it fits`() throws {
    let order = try #require(OutTradeNo("20261121-7"))
    #expect(OutTradeNo(order: order, attempt: 1) == order)
    #expect(OutTradeNo(order: order, attempt: 3)?.text == "20261121-7-3")
    let long = try #require(OutTradeNo(String(repeating: "9", count: 31)))
    #expect(OutTradeNo(order: long, attempt: 2) == nil)
  }

  @Test(arguments: ["", "tab\there", "emoji😀", "\u{7F}", String(repeating: "字", count: 43)])
  func `text that APIv2 would break is refused`(text: String) {
    #expect(Description(text) == nil)
  }

  @Test func `a description is limited in bytes, not in characters`() {
    #expect(Description(String(repeating: "字", count: 42)) != nil)
    #expect(Description("腾讯-游戏") != nil)
  }
}
