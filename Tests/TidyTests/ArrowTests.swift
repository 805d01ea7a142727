import Testing

/// Who knows whom: the arrows between the folders of a target, by the names that their files use.
@Suite struct ArrowTests {
  /// A name that is declared at the outermost level of one folder, and of no other.
  private static func declarations(
    in files: [(folder: String, text: String)]
  ) -> [String: String] {
    let declaration =
      /(?m)^(?:@\w+ )?(?:(?:package|private|fileprivate|final|indirect) )*(?:struct|enum|class|protocol|typealias|func|let) (\w+)/
    var folders: [String: Set<String>] = [:]
    for file in files {
      for match in file.text.matches(of: declaration) {
        folders[String(match.1), default: []].insert(file.folder)
      }
    }
    return folders.compactMapValues { $0.count == 1 ? $0.first : nil }
  }

  /// Without comments and texts, which name things freely.
  private static func code(_ text: String) -> String {
    text.replacing(/(?m)\/\/.*$/, with: "").replacing(/"[^"\n]*"/, with: "\"\"")
  }

  /// For each folder those whose names its files use. The files beside the folders are `.`.
  private static func arrows(in target: String) throws -> [String: Set<String>] {
    let files = try Repository.files(in: "Sources/\(target)", endings: ["swift"]).map { file in
      let parts = file.path.split(separator: "/")
      return (folder: parts.count > 3 ? String(parts[2]) : ".", text: code(file.text))
    }
    let declared = declarations(in: files)
    var arrows: [String: Set<String>] = [:]
    for file in files {
      for word in file.text.matches(of: /\b[A-Za-z_]\w*/) {
        guard let folder = declared[String(word.output)], folder != file.folder else { continue }
        arrows[file.folder, default: []].insert(folder)
      }
    }
    return arrows
  }

  /// The folders of a circle; nothing when all arrows point down.
  private static func circle(in arrows: [String: Set<String>]) -> Set<String> {
    var arrows = arrows
    while let end = arrows.first(where: { _, targets in targets.allSatisfy { arrows[$0] == nil } })
    {
      arrows[end.key] = nil
    }
    return Set(arrows.keys)
  }

  @Test(arguments: ["Gateway", "Checkout", "Outbox", "Configuration"])
  func `between folders no arrow runs back`(target: String) throws {
    let arrows = try Self.arrows(in: target)
    #expect(Self.circle(in: arrows) == [], "\(arrows)")
  }

  @Test func `the gateway's folders know each other in one direction`() throws {
    let arrows = try Self.arrows(in: "Gateway")
    #expect(arrows["Handlers"] == ["Requests"])
    #expect(arrows["."]?.isSuperset(of: ["Handlers", "Requests"]) == true)
    #expect(arrows["Serving"]?.contains(".") == true)
  }

  @Test func `a circle would be seen`() {
    #expect(Self.circle(in: ["A": ["B"], "B": ["C"], "C": ["B"]]) == ["A", "B", "C"])
    #expect(Self.circle(in: ["A": ["B", "C"], "B": ["C"]]) == [])
  }

  @Test func `targets form no circle either`() throws {
    let sources = try Repository.files(in: "Sources", endings: ["swift"])
    let targets = Set(sources.map { String($0.path.split(separator: "/")[1]) })
    var arrows: [String: Set<String>] = [:]
    for file in sources {
      let target = String(file.path.split(separator: "/")[1])
      for match in file.text.matches(of: /(?m)^(?:package )?import (\w+)/)
      where targets.contains(String(match.1)) {
        arrows[target, default: []].insert(String(match.1))
      }
    }
    #expect(arrows["Gateway"]?.contains("Checkout") == true)
    #expect(Self.circle(in: arrows) == [])
  }
}
