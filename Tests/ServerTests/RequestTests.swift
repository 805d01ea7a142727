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

  private func request(_ requestID: String) -> Request {
    Request(route: "pay", method: "POST", path: "/wxpay/pay", requestID: requestID)
  }
}
