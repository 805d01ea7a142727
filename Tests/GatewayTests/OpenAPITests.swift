import Payments
import Store
import TestSupport
import Testing

@testable import Gateway

/// The description for programs says what the program does, in both directions.
@Suite struct OpenAPITests {
  private let description: OpenAPI

  init() throws { description = try OpenAPI() }

  private static func operation(_ route: Route) -> OpenAPI.Operation {
    let parts = route.path.map { $0.hasPrefix(":") ? "*" : $0 }
    return OpenAPI.Operation(route.method, "/" + ([route.name] + parts).joined(separator: "/"))
  }

  @Test func `it describes every route, and no other`() {
    let routes = Route.all.map(Self.operation)
    #expect(Set(description.operations) == Set(routes))
    #expect(description.operations.count == routes.count)
  }

  @Test func `it names what each route reads, and for whom`() {
    for route in Route.all {
      let operation = Self.operation(route)
      #expect(Set(description.query(of: operation)) == Set(route.query ?? []), "\(operation)")
      #expect(description.takesJSON(operation) == (route.body == .json), "\(operation)")
      if let role = route.role {
        #expect(
          description.text(of: operation).hasPrefix("Role: \(role.rawValue)."), "\(operation)")
      }
    }
  }

  @Test func `its words are the program's`() {
    func expect(_ schema: String, _ words: [String]) {
      #expect(Set(description.words(of: schema)) == Set(words), "\(schema)")
      #expect(description.words(of: schema).count == words.count, "\(schema)")
    }
    expect("ErrorCode", Refusal.Code.allCases.map(\.rawValue))
    expect("Alarm", Alarm.allCases.map(\.rawValue))
    expect("OrderState", PaymentState.allCases.map(\.rawValue))
    expect("RefundState", RefundState.allCases.map(\.rawValue))
    expect("RefundWait", RefundWait.allCases.map(\.rawValue))
    expect("RefundKind", RefundKind.allCases.map(\.rawValue))
    expect("ShopEvent", ShopEvent.allCases.map(\.rawValue))
  }

  @Test func `it has a webhook for each event, and the ping`() {
    #expect(
      description.webhooks.sorted() == (ShopEvent.allCases.map(\.rawValue) + ["ping"]).sorted())
  }

  @Test func `its references lead somewhere`() {
    #expect(description.brokenReferences == [])
  }
}
