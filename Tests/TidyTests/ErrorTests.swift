import Testing

/// What can end in a log line or on a terminal says what happened, in a sentence.
@Suite struct ErrorTests {
  @Test func `every error of the gateway describes itself`() throws {
    let files = try Repository.files(in: "Sources", endings: ["swift"]).filter {
      !$0.path.hasPrefix("Sources/Simulator/")
    }
    let everything = files.map(\.text).joined(separator: "\n")
    let declaration =
      /(?m)^ *(?:(?:public|package|private|fileprivate|final) )*(?:struct|enum|class) (\w+) *: *([^{\n]*)\{/
    var names: [String] = []
    for match in everything.matches(of: declaration) where match.2.contains(/\bError\b/) {
      names.append(String(match.1))
      if match.2.contains("CustomStringConvertible") { continue }
      let isDescribed = everything.contains("extension \(match.1): CustomStringConvertible")
      #expect(isDescribed, "\(match.1) has no description")
    }
    #expect(names.count > 25)
  }

  @Test func `no description is a bare name`() throws {
    let bare = /var description: String \{ *(?:rawValue|"[A-Za-z]+"|String\(describing: self\)) *\}/
    for file in try Repository.files(in: "Sources", endings: ["swift"]) {
      #expect(!file.text.contains(bare), "\(file.path)")
    }
  }
}
