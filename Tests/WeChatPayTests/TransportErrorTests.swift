import Testing

@testable import WeChatPay

@Suite struct TransportErrorTests {
  @Test(arguments: [
    (
      "Operation timed out after 10001 milliseconds with 0 bytes received",
      "Operation timed out with 0 bytes received"
    ),
    (
      "Failed to connect to 127.0.0.1 port 443 after 3 ms: Could not connect to server",
      "Failed to connect to 127.0.0.1 port 443: Could not connect to server"
    ),
    ("Empty reply from server", "Empty reply from server"),
  ])
  func `the same trouble is told in the same words`(text: String, told: String) {
    #expect(text.withoutDuration == told)
  }
}
