import OpenSSL
import Testing

@testable import WeChatPay

@Suite struct APIKeyTests {
  @Test(arguments: [
    ("", APIKeyRefusal.length(0)), ("key", .length(3)),
    ("Zq3vN8sKx1LwTb6RdYh2Gm9JcPf5Ua7", .length(31)),
    ("Zq3vN8sKx1LwTb6RdYh2Gm9JcPf5Ua7E\n", .length(33)),
    ("Zq3vN8sKx1LwTb6RdYh2Gm9JcPf5Ua7 ", .characters), ("密密密密密密密密密密ab", .characters),
    ("exposed_your_key_here_have_risks", .characters),
    ("192006250b4c09247ec02edce69f6a2d", .published),
    ("192006250B4C09247EC02EDCE69F6A2D", .published),
    ("8934e7d15453e97507ef794cf7b0519d", .published),
    ("e10adc3949ba59abbe56e057f20f883e", .published),
    ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", .weak), ("12345678901234567890123456789012", .weak),
    ("0123456789abcdef0123456789abcdef", .weak), ("abcdefghijklmnopqrstuvwxyz012345", .weak),
    ("9876543210zyxwvutsrqponmlkjihgfe", .weak), ("aaaaaaaaaaaaaaaaaaaaaaaaabcdefgh", .weak),
    ("abababababababababababababababab", .weak), ("Zq3vN8sKZq3vN8sKZq3vN8sKZq3vN8sK", .weak),
  ])
  func `a key that is no key or that anybody can find is refused`(
    text: String, refusal: APIKeyRefusal
  ) {
    #expect(throws: refusal) { try APIKey(text) }
  }

  @Test func `no random key is refused`() throws {
    for _ in 0..<5000 { _ = try APIKey(hexadecimal(randomBytes(16))) }
  }

  @Test func `no way of printing a merchant shows a secret`() {
    let merchant = Sample.merchant()
    var dumped = ""
    dump(merchant, to: &dumped)
    dump(merchant.apiKey, to: &dumped)
    dump(merchant.appSecret, to: &dumped)
    for text in [dumped, "\(merchant)", String(reflecting: merchant), "\(merchant.apiKey)"] {
      #expect(!text.contains("Zq3vN8sK"))
      #expect(!text.contains("app-secret-canary"))
    }
    #expect(dumped.contains("1900000109"))
  }
}
