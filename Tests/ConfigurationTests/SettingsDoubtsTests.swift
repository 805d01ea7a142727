import Foundation
import Payments
import TestSupport
import Testing

@testable import Configuration

/// What the settings allow, and nobody means.
@Suite struct SettingsDoubtsTests {
  let fixture: SettingsFixture

  init() throws { fixture = try SettingsFixture() }

  /// A merchant without sample values.
  private static let merchant = SettingsFixture.merchant
    .replacing("wxd678efh567hg6787", with: "wx0123456789abcdef")
    .replacing("1230000109", with: "1900000109").replacing("shop.example", with: "shop.cn")

  private func doubts(_ text: String) throws -> [Doubt] { try fixture.read(text).doubts }

  @Test func `nothing is doubtful in settings of one's own`() throws {
    #expect(try doubts(Self.merchant) == [])
  }

  @Test(arguments: [
    ("wx0123456789abcdef", "wxd678efh567hg6787", "appid", 3),
    ("1900000109", "1230000109", "mch_id", 5),
    ("shop.cn", "shop.example", "notify_url", 7),
    ("shop.cn", "pay.example.com", "notify_url", 7),
    ("shop.cn", "YOUR-SITE.cn", "notify_url", 7),
  ])
  func `a sample's value is no value of one's own`(
    own: String, sample: String, key: String, line: Int
  ) throws {
    let doubts = try doubts(Self.merchant.replacing(own, with: sample))
    #expect(doubts.map(\.fault.key) == ["merchants.main.\(key)"])
    #expect(doubts.first?.isSerious == true)
    #expect(doubts.first?.fault.line == line)
    #expect(doubts.first?.fault.got.contains("the sample's") == true)
  }

  @Test func `a simulator may be tried with the sample's values`() throws {
    let text =
      "wechat: { pay: https://localhost, login: https://localhost, ca_file: ca.pem }\n"
      + SettingsFixture.merchant
    #expect(try doubts(text) == [])
  }

  @Test(arguments: [
    ("/wxpay/receive-notify", nil as String?), ("/wxpay/receive-notify/main", nil),
    ("/notify.php", nil), ("/api/pay/callback", nil),
    ("/wxpay/receive-notify/other", "is another merchant"),
    ("/wxpay/receive-notify/nobody", "no merchant nobody is configured"),
    ("/wxpay/receive-notify/main/x", "correct the end"),
    ("/wxpay/receive-refund-notify", "notify_url ends in receive-notify"),
    ("/wxpay/recieve-notify", "did you mean receive-notify?"),
    ("/wxpay/receive-notfy", "did you mean receive-notify?"),
  ])
  func `a path that only looks like the route is found`(path: String, remedy: String?) {
    let names = [MerchantName("main")!, MerchantName("other")!]
    let problem = CallbackPath(
      path, of: "notify_url", merchant: names[0], merchants: names
    ).problem
    #expect(problem == nil ? remedy == nil : remedy.map { problem!.remedy.contains($0) } == true)
    #expect(problem?.isSerious ?? false == (remedy != nil && !remedy!.contains("did you mean")))
  }

  @Test func `a refund address at the payment's route is found`() throws {
    let doubts = try doubts(
      Self.merchant + "\n    refund_notify_url: https://shop.cn/wxpay/receive-notify")
    #expect(doubts.map(\.fault.key) == ["merchants.main.refund_notify_url"])
    #expect(doubts.first?.isSerious == true)
  }

  @Test func `a deadline beyond nginx's, and one without a unit, are doubtful`() throws {
    let text = "listen: { api: { deadline: 30s }, merchant: { deadline: 12 } }\n" + Self.merchant
    let doubts = try doubts(text)
    #expect(doubts.map(\.fault.key) == ["listen.api.deadline", "listen.merchant.deadline"])
    #expect(doubts.first?.fault.expected.contains("15s") == true)
    #expect(doubts.last?.fault.remedy.contains("write 12s") == true)
  }

  @Test func `an AppSecret of another shape is doubtful, one that is the API key is wrong`() throws
  {
    try fixture.write("abc", to: "app.secret")
    #expect(try doubts(Self.merchant).map(\.isSerious) == [false])
    try fixture.write(SettingsFixture.apiKey, to: "app.secret")
    let wrong = try doubts(Self.merchant)
    #expect(wrong.map(\.isSerious) == [true])
    #expect(wrong.first?.fault.description.contains(SettingsFixture.apiKey) == false)
  }
}
