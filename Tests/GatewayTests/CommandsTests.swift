import Foundation
import MariaDB
import Server
import TestSupport
import Testing

@testable import Configuration
@testable import Gateway

/// The program itself, as an operator calls it.
struct Program {
  struct Result {
    let code: Int32
    let output: String
    let error: String
    var lastLine: String { output.split(separator: "\n").last.map(String.init) ?? "" }
  }

  static func run(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: builtProduct("weixinpay"))
    process.arguments = arguments
    process.environment = environment
    let folder = try TemporaryFolder()
    // Files, not pipes: a full pipe would stop a program that nobody reads yet.
    let (output, error) = (folder.file("output"), folder.file("error"))
    for name in ["output", "error"] { try folder.write("", to: name) }
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: error)
    try process.run()
    process.waitUntilExit()
    return Result(
      code: process.terminationStatus,
      output: try String(contentsOfFile: output, encoding: .utf8),
      error: try String(contentsOfFile: error, encoding: .utf8))
  }
}

@Suite struct CommandsTests {
  @Test func `wrong usage ends with 64`() throws {
    let misspelt = try Program.run(["serv"])
    #expect(misspelt.code == 64)
    #expect(misspelt.error.contains("Did you mean weixinpay serve?"))
    let token = try Program.run(["token", "create", "--role", "king", "--name", "x"])
    #expect(token.code == 64)
    #expect(token.error.contains("reader, cashier, reviewer"))
    #expect(try Program.run(["token", "create", "--role", "reader", "--name", ""]).code == 64)
    #expect(try Program.run(["order", "show", "a b"]).code == 64)
    #expect(try Program.run(["alarm", "resolve", "1", "--note", "\u{202E}x"]).code == 64)
    #expect(try Program.run(["delivery", "test", "--channel", "relay"]).code == 64)
    #expect(try Program.run(["--version"]).output == "\(programVersion)\n")
    #expect(try Program.run(["delivery", "list", "--all"]).code == 64)
    #expect(try Program.run(["delivery", "resend", "--sequence", "1"]).code == 64)
  }

  @Test func `a faulty configuration ends every command with 78 and the same line`() throws {
    let fixture = try SettingsFixture()
    try fixture.write("log: xml\n\(SettingsFixture.merchant)", to: "weixinpay.yaml")
    let file = fixture.folder.file("weixinpay.yaml")
    let line = "\(file):1:6: log: expected logfmt or json, got \"xml\"; choose one of these words"
    for command in [["serve"], ["migrate"], ["order", "show", "20261121-7"]] {
      let result = try Program.run(command + ["--config", file])
      #expect(result.code == 78)
      #expect(result.output.isEmpty)
      #expect(result.error == line + "\n")
    }
    let check = try Program.run(["check", "--config", file])
    #expect(check.code == 78)
    #expect(check.output.hasPrefix("FAIL \(line)\n"))
  }

  @Test func `the sample is printed and nothing else`() throws {
    let result = try Program.run(["sample-config"])
    #expect(result.code == 0 && result.error.isEmpty)
    #expect(result.output == sampleConfig())
  }

  @Test func `a database that is out of reach ends with 69`() throws {
    let site = try ServableFixture()
    let text = try String(contentsOfFile: site.file, encoding: .utf8)
    try site.settings.write(
      text.replacing(site.server.socket, with: "nowhere.sock"), to: "weixinpay.yaml")
    for command in [["serve"], ["migrate"], ["order", "show", "20261121-7"]] {
      let result = try Program.run(command + ["--config", site.file])
      #expect(result.code == 69, "\(result.error)")
      #expect(result.error.contains("Is MariaDB running"))
    }
  }

  @Test func `a server without a free connection ends with 75, and the next start succeeds`() throws
  {
    let site = try ServableFixture(
      server: try PrivateMariaDB(extraOptions: ["--max-connections=10"]))
    try site.migrate()
    try holding(10, site.server.settings(database: nil)) {
      for command in [["serve"], ["serve", "--single-process"], ["work"], ["sweep"]] {
        let result = try Program.run(command + ["--config", site.file])
        #expect(result.code == 75, "\(command): \(result.error)")
        #expect(result.error.contains("Too many connections"), "\(result.error)")
        #expect(result.error.contains("max_connections"), "\(result.error)")
        #expect(!result.error.contains("unix_socket"), "\(result.error)")
      }
      #expect(site.finding("database")?.remedy?.contains("max_connections") == true)
    }
    let log = site.settings.folder.file("log")
    let gateway = try ChildProcess.start(
      builtProduct("weixinpay"), ["serve", "--config", site.file], log: log)
    try eventually("a worker") {
      try String(contentsOfFile: log, encoding: .utf8).contains("worker serves")
    }
    gateway.terminate()
    #expect(try gateway.wait() == .code(0))
  }

  /// Calls `body` while so many connections are open.
  private func holding(
    _ count: Int, _ settings: ConnectionSettings, _ body: () throws -> Void
  ) throws {
    guard count > 0 else { return try body() }
    var connection = try Connection(settings)
    try holding(count - 1, settings, body)
    try connection.run("DO 1")
  }

  @Test func `serve does not start on a database that was never migrated`() throws {
    let site = try ServableFixture()
    let result = try Program.run(["serve", "--config", site.file])
    #expect(result.code == 78)
    #expect(result.output.isEmpty && !result.error.isEmpty)
  }

  @Test func `migrate twice does nothing the second time, then a token can be made`() throws {
    let site = try ServableFixture()
    let first = try Program.run(["migrate", "--config", site.file])
    #expect(first.code == 0, "\(first.error)")
    #expect(first.output.hasPrefix("applied 001-shop-order\n"))
    #expect(first.output.contains("created the account \(site.account)\n"))
    #expect(first.output.contains("granted \(site.account) SELECT, INSERT on journal, shop_order"))
    let second = try Program.run(["migrate", "--config", site.file])
    #expect(second.code == 0)
    #expect(second.output == "nothing to do: the database is up to date\n")

    let token = try Program.run(
      ["token", "create", "--role", "cashier", "--name", "till", "--config", site.file])
    #expect(token.code == 0, "\(token.error)")
    #expect(token.lastLine.wholeMatch(of: /[0-9a-f]{64}/) != nil)
    #expect(token.output == token.lastLine + "\n", "The token stands alone.")
    #expect(!token.error.contains(token.lastLine))

    let wrong = try Program.run(
      [
        "token", "create", "--role", "cashier", "--name", "till", "--merchant", "other",
        "--config", site.file,
      ])
    #expect(wrong.code == 64)
    #expect(wrong.error.contains("there are: main"))

    let unknown = try Program.run(["order", "show", "20261121-7", "--config", site.file])
    #expect(unknown.code == 1)
    #expect(unknown.output.isEmpty)
    #expect(unknown.error.contains("There is no order 20261121-7 of merchant main"))
  }

  @Test func `migrate tells which rights it has given back`() throws {
    let site = try ServableFixture()
    try site.migrate()
    var connection = try Connection(site.server.settings(database: site.database))
    try connection.run("REVOKE UPDATE ON duty FROM '\(site.account)'@'localhost'")
    try connection.run("REVOKE UPDATE (outcome) ON notification FROM '\(site.account)'@'localhost'")
    let result = try Program.run(["migrate", "--config", site.file])
    #expect(
      result.output == """
        granted \(site.account) SELECT, INSERT, UPDATE on duty
        granted \(site.account) SELECT, INSERT, UPDATE (outcome) on notification

        """)
  }

  @Test func `who may not migrate is told who may, and no other refusal is blamed on accounts`()
    throws
  {
    let site = try ServableFixture()
    let stranger = try Program.run(
      ["migrate", "--administrator", "nobody_here", "--config", site.file])
    #expect(stranger.code == 78)
    #expect(
      stranger.error.contains("Run `weixinpay migrate --config \(site.file)` as root"),
      "\(stranger.error)")
    #expect(!stranger.error.contains("runuser"), "\(stranger.error)")

    var connection = try Connection(site.server.settings(database: nil))
    try connection.run("CREATE DATABASE \(site.database)")
    // In the way of a migration.
    try connection.run("CREATE TABLE \(site.database).payment (id INT PRIMARY KEY)")
    let refused = try Program.run(["migrate", "--config", site.file])
    #expect(refused.code == 78)
    #expect(
      refused.error.contains("Run `weixinpay migrate --config \(site.file)` once more"),
      "\(refused.error)")
    #expect(!refused.error.contains("runuser"), "\(refused.error)")
    let again = try Program.run(["migrate", "--config", site.file])
    #expect(again.error.contains("migration 002-payment was begun and not finished"))
  }

  @Test func `a wrong name of the database is called so`() throws {
    let site = try ServableFixture()
    try site.migrate()
    let text = try String(contentsOfFile: site.file, encoding: .utf8)
    try site.settings.write(
      text.replacing("name: \(site.database)", with: "name: \(site.database)x"),
      to: "weixinpay.yaml", mode: 0o640)
    for command in [["serve"], ["serve", "--single-process"], ["order", "show", "20261121-7"]] {
      let result = try Program.run(command + ["--config", site.file])
      #expect(result.code == 78)
      #expect(result.error.contains("or correct database.name"), "\(result.error)")
      #expect(result.error.contains("`weixinpay migrate --config \(site.file)` as root"))
      #expect(!result.error.contains("runuser"), "\(result.error)")
    }
  }

  @Test(arguments: ["json", "logfmt"])
  func `a worker whose settings are refused says so in lines of its supervisor's log`(
    format: String
  ) throws {
    let fixture = try SettingsFixture()
    try fixture.write("log: xml\nprocesses: 0\n\(SettingsFixture.merchant)", to: "weixinpay.yaml")
    let result = try Program.run(
      ["serve", "--worker", "2", "--config", fixture.folder.file("weixinpay.yaml")],
      environment: ["WEIXINPAY_LOG_FORMAT": format])
    #expect(result.code == 78)
    let lines = result.error.split(separator: "\n")
    #expect(lines.count == 2, "\(lines)")
    for (line, key) in zip(lines, ["1:6: log: expected", "2:12: processes: expected"]) {
      #expect(line.contains(key))
      if format == "json" {
        let json = try JSON(parsing: Array(line.utf8))
        #expect(json["level"]?.string == "error" && json["event"]?.string == "worker failed")
        #expect(json["worker"]?.string == "2" && json["time"] != nil)
      } else {
        #expect(line.hasPrefix("time=") && line.contains("level=error event=\"worker failed\""))
      }
    }
  }

  @Test func `colour is for terminals only, and NO_COLOR forbids it there too`() throws {
    let site = try ServableFixture()
    #expect(!(try Program.run(["check", "--config", site.file]).output.contains("\u{1B}")))
    #expect(try onTerminal(["check", "--config", site.file]).contains("\u{1B}[31mFAIL"))
    let plain = try onTerminal(["check", "--config", site.file], noColour: true)
    #expect(plain.contains("FAIL") && !plain.contains("\u{1B}"))
  }

  @Test func `variables meant for the libraries below are not obeyed`() throws {
    let fixture = try SettingsFixture()
    try fixture.write(SettingsFixture.merchant, to: "weixinpay.yaml")
    // Yams announces on standard output when it obeys this one.
    let result = try Program.run(
      ["check", "--config", fixture.folder.file("weixinpay.yaml")],
      environment: ["YAMS_DEFAULT_ENCODING": "utf16"])
    #expect(result.output.hasPrefix("ok   configuration"))
    #expect(!result.output.contains("YAMS"))
  }

  /// What the program writes when its output is a terminal.
  private func onTerminal(_ arguments: [String], noColour: Bool = false) throws -> String {
    let folder = try TemporaryFolder()
    let words = [builtProduct("weixinpay")] + arguments
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/script")
    process.arguments = ["-qec", words.joined(separator: " "), folder.file("typescript")]
    process.environment = ["TERM": "xterm", "PATH": "/usr/bin:/bin"].merging(
      noColour ? ["NO_COLOR": "1"] : [:]
    ) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return try String(contentsOfFile: folder.file("typescript"), encoding: .utf8)
  }
}
