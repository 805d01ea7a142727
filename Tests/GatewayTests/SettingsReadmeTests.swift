import Foundation
import TestSupport
import Testing

@testable import Gateway

@Suite struct SettingsReadmeTests {
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

  @Test(.enabled(if: FileManager.default.fileExists(atPath: file)))
  func `the README explains every key as the program does`() throws {
    let readme = try String(contentsOfFile: Self.file, encoding: .utf8)
    let lines = Set(readme.split(separator: "\n").map(String.init))
    let missing = Self.rows.filter { !lines.contains($0) }
    #expect(missing.isEmpty, "Add to README.md:\n\(missing.joined(separator: "\n"))")
  }
}
