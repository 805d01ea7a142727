import Testing

/// The boundaries that the compiler does not keep by itself.
@Suite struct BoundaryTests {
  /// The targets that may touch C.
  static let wrappers = ["Linux", "FastCGI", "MariaDB", "Curl", "OpenSSL"]

  static func isInWrapper(_ file: Repository.File) -> Bool {
    wrappers.contains { file.path.hasPrefix("Sources/\($0)/") }
  }

  private func sources() throws -> [Repository.File] {
    try Repository.files(in: "Sources", endings: ["swift"])
  }

  /// The lines of files that match, as `path:line`.
  private func places(
    in files: [Repository.File], _ matches: (Substring) -> Bool
  ) -> [String] {
    files.flatMap { file in
      file.lines.filter { matches($0.text) }.map { "\(file.path):\($0.number): \($0.text)" }
    }
  }

  @Test func `C and unsafe code stay in the wrappers`() throws {
    let outside = try sources().filter { !Self.isInWrapper($0) }
    #expect(outside.count > 50)
    let pattern =
      /^\s*(?:(?:public|package|internal|private|@[A-Za-z_]+) )*import (?:Glibc|C[A-Z][A-Za-z]+)\b|\bunsafe\b|@unsafe|Unsafe(?:Mutable)?(?:Raw)?(?:Buffer)?Pointer/
    let found = places(in: outside) { line in
      !line.trimmed.hasPrefix("//") && line.contains(pattern) && !line.contains("import Curl")
    }
    #expect(found == [])
  }

  @Test func `no floating-point number comes near money`() throws {
    let files = try sources().filter { file in
      ["Payments", "Store", "WeChatPay", "Checkout", "Outbox", "Configuration", "Gateway"].contains
      {
        file.path.hasPrefix("Sources/\($0)/")
      }
    }
    let found = places(in: files) { line in
      !line.trimmed.hasPrefix("//") && line.contains(/\b(?:Double|Float|Decimal|CGFloat)\b/)
    }
    #expect(found == [])
  }

  @Test func `shipped code has no traps of convenience`() throws {
    let pattern = /\btry!|\bas!|\)!(?:\.|\s|$)|[A-Za-z0-9_]!\./
    let found = places(in: try sources()) { line in
      !line.trimmed.hasPrefix("//") && line.contains(pattern)
    }
    #expect(found == [])
  }

  @Test func `only a library that cannot work at all ends the process`() throws {
    let found = places(in: try sources().filter { !Self.isInWrapper($0) }) { line in
      line.contains("fatalError(")
    }
    #expect(found == [])
  }

  @Test func `nothing is left unfinished or skipped`() throws {
    let files =
      try sources()
      + Repository.files(in: "Tests", endings: ["swift"])
      .filter { !$0.path.hasPrefix("Tests/TidyTests/") }
    let found = places(in: files) { line in
      line.contains(/\b(?:TODO|FIXME|XXX)\b|withKnownIssue|XCTSkip|\.disabled\(/)
    }
    #expect(found == [])
  }

  @Test func `what is trusted unchecked has its reason beside it`() throws {
    for file in try sources() {
      let lines = file.lines
      for (index, line) in lines.enumerated() where line.text.contains("@unchecked Sendable") {
        let before = lines[max(0, index - 8)..<index].map(\.text).joined(separator: "\n")
        #expect(before.contains("/// Unchecked: "), "\(file.path):\(line.number)")
      }
    }
  }

  @Test func `the simulator shares no protocol code with the gateway`() throws {
    let simulator = try sources().filter { $0.path.hasPrefix("Sources/Simulator/") }
    #expect(!simulator.isEmpty)
    #expect(
      places(in: simulator) {
        $0.contains(/import (?:WeChatPay|Payments|Store|Checkout|Outbox|Gateway)\b/)
      } == [])
  }

  /// What Package.swift would allow, or would soon be asked to.
  @Test(arguments: [
    ("Checkout", "Server"), ("Checkout", "FastCGI"), ("Checkout", "Configuration"),
    ("Checkout", "Outbox"), ("Checkout", "Gateway"), ("Outbox", "Gateway"), ("Outbox", "FastCGI"),
    ("Configuration", "Store"), ("Configuration", "Checkout"), ("Store", "WeChatPay"),
    ("WeChatPay", "Store"),
  ])
  func `an arrow that must not be drawn is not`(from: String, to: String) throws {
    let files = try sources().filter { $0.path.hasPrefix("Sources/\(from)/") }
    #expect(!files.isEmpty)
    let line = try Regex("^(?:package )?import \(to)$")
    #expect(places(in: files) { $0.wholeMatch(of: line) != nil } == [])
  }

  @Test func `the domain stands on nothing but the text of people`() throws {
    let files = try sources().filter { $0.path.hasPrefix("Sources/Payments/") }
    let found = places(in: files) { $0.contains(/^(?:package )?import (?!Text$)/) }
    #expect(found == [])
  }

  @Test func `no script and no paper puts a secret on a command line`() throws {
    let scripts = try ["nginx/demo", "nginx/demo-story", "README.md"].map {
      Repository.File(path: $0, text: try Repository.text($0))
    }
    let files =
      try scripts + Repository.files(in: "Sources", endings: ["md"])
      + Repository.files(in: "Tests", endings: ["md", "py", "swift"])
    let found = places(in: files) { line in
      line.contains(/--(?:app-secret|api-key|password)["' ,=]/)
        || line.contains(/--[a-z-]+[ =]"?\$\((?:cat |<)/)
    }
    // The tests of the simulator's command try it.
    #expect(found.filter { !$0.hasPrefix("Tests/SimulatorTests/ServiceTests.swift") } == [])
  }

  @Test func `the top level holds what was agreed`() throws {
    let agreed = ["Package.swift", "README.md", "Sources", "Tests", "nginx", "sql"]
    let found = try Repository.entries().filter {
      !$0.hasPrefix(".") && $0 != "Package.resolved"
    }
    #expect(found == agreed)
  }
}

extension Substring {
  fileprivate var trimmed: Substring { drop { $0 == " " } }
}
