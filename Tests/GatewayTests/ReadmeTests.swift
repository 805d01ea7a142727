import Foundation
import TestSupport
import Testing

@testable import Configuration
@testable import Gateway

@Suite struct ReadmeTests {
  private static let file = sourceFile("README.md")

  /// The table's rows as they are to stand in the README.
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

  @Test func `the README explains every key as the program does`() throws {
    let lines = Set(try lines())
    let missing = Self.rows.filter { !lines.contains($0) }
    #expect(missing.isEmpty, "Add to README.md:\n\(missing.joined(separator: "\n"))")
  }

  @Test func `the README lists every error code with its status`() throws {
    let lines = try lines()
    let missing = Refusal.Code.allCases.filter { code in
      !lines.contains { $0.hasPrefix("| `\(code.rawValue)` | \(code.status) |") }
    }
    #expect(missing == [])
  }

  private func lines() throws -> [String] {
    try String(contentsOfFile: Self.file, encoding: .utf8).split(separator: "\n").map(String.init)
  }
}
