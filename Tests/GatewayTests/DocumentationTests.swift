import Foundation
import Payments
import TestSupport
import Testing

@testable import Configuration
@testable import Gateway

/// What the pages list, held to the program.
@Suite struct DocumentationTests {
  /// The table's rows as they are to stand in the page.
  private static let rows: [String] =
    Setting<RawSettings>.table.map { row($0.path, $0.preset, $0.sentence) }
    + Setting<RawMerchant>.table.map { row("merchants.*.\($0.path)", $0.preset, $0.sentence) }

  private static func row<Target>(
    _ path: String, _ preset: Setting<Target>.Preset, _ sentence: String
  ) -> String {
    let value =
      switch preset {
      case .value(let text): "`\(text)`"
      case .required: "must be given"
      case .absent: "–"
      }
    return "| `\(path)` | \(value) | \(sentence) |"
  }

  @Test func `the page of settings explains every key as the program does`() throws {
    let lines = try lines("Configuration.md")
    let missing = Self.rows.filter { !lines.contains($0) }
    #expect(missing.isEmpty, "Add to Configuration.md:\n\(missing.joined(separator: "\n"))")
    // The head and its rule are the other two.
    #expect(lines.count { $0.hasPrefix("|") } == Self.rows.count + 2)
  }

  @Test(arguments: ["Errors.md", "中文/错误码.md"])
  func `the pages of errors list every code with its status`(page: String) throws {
    let lines = try lines(page)
    let missing = Refusal.Code.allCases.filter { code in
      !lines.contains { $0.hasPrefix("| `\(code.rawValue)` | \(code.status) |") }
    }
    #expect(missing == [])
    // `UNAVAILABLE` is nginx's own.
    let listed = lines.compactMap { $0.firstMatch(of: /^\| `([A-Z_]+)` \|/)?.1 }
    #expect(
      Set(listed.map(String.init)) == Set(Refusal.Code.allCases.map(\.rawValue) + ["UNAVAILABLE"]))
    #expect(listed.count == Set(listed).count)
  }

  @Test(arguments: ["Troubleshooting.md", "中文/排查.md"])
  func `the pages of symptoms tell every alarm's remedy`(page: String) throws {
    let lines = try lines(page)
    let missing = Alarm.allCases.filter { alarm in
      !lines.contains { $0.hasPrefix("| `") && $0.contains("`\(alarm.rawValue)`") }
    }
    #expect(missing == [])
  }

  @Test func `the pages name every event, alarm and route`() throws {
    let outbox = try text("Outbox.md")
    #expect(ShopEvent.allCases.filter { !outbox.contains("`\($0.rawValue)`") } == [])
    let orders = try text("Orders.md")
    #expect(Alarm.allCases.filter { !orders.contains("`\($0.rawValue)`") } == [])
    let api = try text("API.md")
    for route in Route.all where !["receive-notify", "receive-refund-notify"].contains(route.name) {
      let address = Self.address(of: route)
      #expect(api.contains("`\(route.method) \(address)"), "\(route.method) \(address)")
    }
  }

  /// The address as the page writes it.
  private static func address(of route: Route) -> String {
    let kinds = ["orders": "NO", "refunds": "RNO", "alarms": "ID"]
    let parts = route.path.map { $0.hasPrefix(":") ? kinds[route.path[0]] ?? "NAME" : $0 }
    return (["/wxpay", route.name] + parts).joined(separator: "/")
  }

  private func text(_ page: String) throws -> String {
    try String(contentsOfFile: sourceFile("Sources/Documentation/\(page)"), encoding: .utf8)
  }

  private func lines(_ page: String) throws -> [String] {
    try text(page).split(separator: "\n").map(String.init)
  }
}
