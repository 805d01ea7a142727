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

  @Test func `OpenSSL's reason comes before what may be cut`() {
    let text =
      "could not load PEM client certificate from /etc/weixinpay/secret/apiclient_cert.pem, OpenSSL"
      + " error error:0A00018E:SSL routines::ca md too weak, (no key found, wrong passphrase, or"
      + " wrong file format?)"
    #expect(text.reasonFirst == "ca md too weak; " + text)
    #expect("Empty reply from server".reasonFirst == "Empty reply from server")
  }
}
