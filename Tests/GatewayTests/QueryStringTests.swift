import Server
import Testing

@testable import Gateway

@Suite struct QueryStringTests {
  private func request(_ query: String) -> Request {
    Request(route: "merchant", method: "GET", path: "/wxpay/merchant/orders", query: query)
  }

  @Test(arguments: ["", "state=paid", "state=paid&limit=5", "st%61te=paid", "state=", "&limit=1&"])
  func `known members are let through`(query: String) throws {
    try request(query).allowQuery(["state", "limit"])
  }

  @Test(arguments: [
    "stat=paid", "State=paid", "transaction_id=4200", "state=paid&state=closed", "%FF=1", "=1",
    "state=paid&x", "\u{200B}state=paid",
  ])
  func `an unknown or doubled member is refused and not quoted`(query: String) throws {
    let refusal = #expect(throws: Refusal.self) {
      try request(query).allowQuery(["state", "limit"])
    }
    #expect(refusal?.code == .malformedRequest)
    #expect(refusal?.message.contains("4200") == false)
  }

  @Test func `a misspelt member gets a hint`() throws {
    let refusal = #expect(throws: Refusal.self) { try request("stat=1").allowQuery(["state"]) }
    #expect(refusal?.message.hasSuffix("Did you mean state?") == true)
  }

  @Test func `every list says which members its query takes`() {
    for route in Route.all where route.method == "GET" && route.path.last?.hasPrefix(":") != true {
      #expect((route.query == nil) == (route.name == "health"), "\(route.name) \(route.path)")
    }
  }

  @Test func `values are decoded`() throws {
    #expect(try request("from=09:00%2B08:00").queryValue("from") == "09:00+08:00")
    #expect(try request("a=1").queryValue("b") == nil)
    #expect(throws: Refusal.self) { try request("a=%4").queryValue("a") }
  }
}
