import Testing

@testable import Configuration

@Suite struct WebhookKeyTests {
  @Test func `the published example is signed as published`() throws {
    // Source: Standard Webhooks, the example of its libraries' own tests.
    let key = try #require(WebhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    #expect(
      key.signature(
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330,
        body: Array(#"{"test": 2432232314}"#.utf8))
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
  }

  @Test(arguments: [
    "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_not base64 at all!",
    "whsec_" + String(repeating: "QUJD", count: 30),
  ])
  func `another text is no key`(text: String) {
    #expect(WebhookKey(text) == nil)
  }
}
