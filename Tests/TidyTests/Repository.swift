import Foundation

/// The project's own text.
enum Repository {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  struct File: CustomStringConvertible {
    /// Relative to the root.
    let path: String
    let text: String
    var description: String { path }
    var lines: [(number: Int, text: Substring)] {
      text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        .map { ($0 + 1, $1) }
    }
  }

  /// The files below a folder with one of these endings, in order of their paths.
  static func files(in folder: String, endings: [String]) throws -> [File] {
    let base = root.appending(path: folder)
    let paths = FileManager.default.enumerator(atPath: base.path)?.compactMap { $0 as? String }
    return try (paths ?? []).sorted()
      .filter { path in endings.contains { path.hasSuffix(".\($0)") } }
      .map { File(path: "\(folder)/\($0)", text: try text("\(folder)/\($0)")) }
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  static func entries() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.path).sorted()
  }
}
