import Foundation
import Testing

/// README, the pages below `Sources/Documentation`, and the READMEs beside simulator and tests.
@Suite struct PaperTests {
  private static let folder = "Sources/Documentation"

  private func pages() throws -> [Repository.File] {
    let beside = try ["Sources/Simulator/README.md", "Tests/README.md"].map(Self.file)
    let pages = try Repository.files(in: Self.folder, endings: ["md"]) + beside
    try #require(pages.count > 10)
    return pages
  }

  private func papers() throws -> [Repository.File] {
    try [Self.file("README.md"), Self.file("Sources/ARCHITECTURE.md")] + pages()
  }

  private static func file(_ path: String) throws -> Repository.File {
    Repository.File(path: path, text: try Repository.text(path))
  }

  @Test func `the README is a door and each page fits a few screens`() throws {
    #expect(try Self.file("README.md").text.utf8.count <= 10 * 1024)
    let long = try pages().filter { $0.text.utf8.count > 12 * 1024 }
    #expect(long.map { "\($0.path): \($0.text.utf8.count) bytes" } == [])
  }

  @Test func `each page begins with an example`() throws {
    let without = try pages().filter { page in
      !page.lines.prefix(12).contains { $0.text.hasPrefix("```") }
    }
    #expect(without.map(\.path) == [])
  }

  @Test func `every link of a paper leads to a file and to its heading`() throws {
    var broken: [String] = []
    for paper in try papers() {
      let links = paper.prose.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
      for link in links where !link.contains("://") && !paper.leads(to: link) {
        broken.append("\(paper.path): \(link)")
      }
    }
    #expect(broken == [])
  }

  @Test func `every page is found from the README`() throws {
    let readme = try Self.file("README.md").text
    let unnamed = try pages().filter { !readme.contains("](\($0.path)") }
    #expect(unnamed.map(\.path) == [])
  }

  @Test func `the steps are the same in README, page and Chinese page`() throws {
    let readme = try Self.file("README.md").commands
    let page = try Self.file("\(Self.folder)/Install.md").commands
    let chinese = try Self.file("\(Self.folder)/中文/安装.md").commands
    #expect(readme.subtracting(page).subtracting(["nginx/demo"]) == [])
    #expect(page.subtracting(chinese) == [])
    let rehearsal = try Self.file("\(Self.folder)/Rehearsal.md").commands
    #expect(try Self.file("\(Self.folder)/中文/演练.md").commands == rehearsal)
  }

  @Test func `a page named by the program exists, and has the step`() throws {
    let sources = try Repository.files(in: "Sources", endings: ["swift"])
    for file in sources where file.text.contains(".md") || file.text.contains("README") {
      #expect(!file.text.contains("README, step"), "\(file)")
      for match in file.text.matches(of: /([A-Z][A-Za-z]+\.md)\b(?:, step ([0-9]))?/)
      where match.1 != "README.md" {
        let text = try? Repository.text("\(Self.folder)/\(match.1)")
        let step = match.2.map { "\n**\($0). " } ?? "# "
        #expect(text?.contains(step) == true, "\(file): \(match.0)")
      }
    }
  }
}

extension Repository.File {
  /// The text without its blocks of code.
  fileprivate var prose: String {
    text.replacing(/```[\s\S]*?```/, with: "")
  }

  /// The shell commands of its examples, without indentation and comments.
  fileprivate var commands: Set<String> {
    let blocks = text.matches(of: /```sh\n([\s\S]*?)```/).map(\.1)
    let lines = blocks.flatMap { $0.split(separator: "\n") }.flatMap { line in
      line.replacing(/[ ]+# .*/, with: "").split(separator: "&& ").map(String.init)
    }
    return Set(
      lines.map {
        $0.trimmingCharacters(in: .whitespaces).replacing("你的域名", with: "YOUR-SITE")
      }
    ).subtracting([""])
  }

  /// The names by which its headings are linked, as GitHub makes them.
  fileprivate var anchors: Set<String> {
    var seen: [String: Int] = [:]
    var anchors: Set<String> = []
    for heading in prose.matches(of: /(?m)^#{1,6} +(.+)$/) {
      let kept = heading.1.lowercased().filter {
        $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == " "
      }
      let anchor = kept.replacing(" ", with: "-")
      let count = seen[anchor, default: 0]
      seen[anchor] = count + 1
      anchors.insert(count == 0 ? anchor : "\(anchor)-\(count)")
    }
    return anchors
  }

  fileprivate func leads(to link: String) -> Bool {
    let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let here = path.split(separator: "/").dropLast().joined(separator: "/")
    let target = parts[0].isEmpty ? path : "\(here)/\(parts[0])"
    let place = Repository.root.appending(path: target).standardizedFileURL
    guard FileManager.default.fileExists(atPath: place.path) else { return false }
    guard parts.count == 2 else { return true }
    let text = try? String(contentsOf: place, encoding: .utf8)
    return Repository.File(path: target, text: text ?? "").anchors.contains(String(parts[1]))
  }
}
