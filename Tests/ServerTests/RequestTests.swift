import Testing

@testable import Server

@Suite struct RequestTests {
  @Test(arguments: ["a", "0af9-XYZ", String(repeating: "f", count: 64)])
  func `nginx's number of a request is kept`(requestID: String) {
    #expect(request(requestID).requestID == requestID)
  }

  @Test(arguments: ["", "a b", "a\nb", "ä", "a_b", String(repeating: "f", count: 65)])
  func `a number that is none is replaced by a random one`(requestID: String) {
    let first = request(requestID).requestID
    let second = request(requestID).requestID
    #expect(first != requestID)
    #expect(first != second)
    #expect(first.utf8.count == 32)
    #expect(first.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
  }

  @Test(arguments: [
    ("1795248296.076", 0), ("1795248294.000", 2076), ("1795248236.076", 60_000),
    // Set clocks, and what nginx would not say.
    ("1795248236.075", 0), ("1795248296.077", 0), ("1795248290", 0), ("1795248290.1", 0),
    ("-5.000", 0), ("99999999999999999999.000", 0), ("", 0),
  ])
  func `a request's waiting is counted from nginx's word, within reason`(
    sent: String, milliseconds: Int
  ) {
    let now: Int64 = 1_795_248_296_076_000
    #expect(Request.waited(sent, now: now) == .milliseconds(milliseconds))
    #expect(Request.waited(nil, now: now) == .zero)
  }

  @Test func `a location without a route is told from changed parameters`() {
    #expect("\(MissingParameter(name: "WEIXINPAY_ROUTE"))".contains("set it (fastcgi_param"))
    #expect("\(MissingParameter(name: "REMOTE_ADDR"))".contains("the release's own"))
  }

  private func request(_ requestID: String) -> Request {
    Request(route: "pay", method: "POST", path: "/wxpay/pay", requestID: requestID)
  }
}
