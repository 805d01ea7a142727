import Foundation
import MariaDB
import Server
import TestSupport
import Testing

@testable import Configuration
@testable import Gateway

@Suite struct CheckTests {
  @Test func `a site that is set up passes, and its journal can only grow`() throws {
    let site = try ServableFixture()
    try site.migrate()
    let check = Check.run(file: site.file)
    #expect(check.isPassed, "\(check.findings.map(\.line))")
    let subjects = check.findings.filter { $0.level == .ok }.map(\.subject)
    for subject in ["configuration", "clock", "database", "schema", "rights", "listen.peers"] {
      #expect(subjects.contains(subject))
    }
    #expect(check.findings.first { $0.subject == "rights" }?.sentence.contains("only grow") == true)
  }

  @Test func `before migrate, check says to run it`() throws {
    let site = try ServableFixture()
    #expect(site.finding("database")?.level == .fail)
    let remedy = try #require(site.finding("database")?.remedy)
    #expect(remedy.contains("run as root: weixinpay migrate --config \(site.file)"), "\(remedy)")
  }

  @Test func `an unknown account that MariaDB takes for its anonymous one is named`() throws {
    let site = try ServableFixture(server: try PrivateMariaDB())
    try site.migrate()
    var connection = try Connection(site.server.settings(database: nil))
    try connection.run("CREATE USER ''@'localhost' IDENTIFIED BY '\(SettingsFixture.password)'")
    try connection.run("DROP USER '\(site.account)'@'localhost'")
    let remedy = try #require(site.finding("database")?.remedy)
    #expect(remedy.contains("no account \(site.account): correct database.user"), "\(remedy)")
    let serve = try Program.run(["serve", "--config", site.file])
    #expect(serve.error.contains("correct database.user"), "\(serve.error)")
  }

  @Test func `an empty database fails and names what it lacks`() throws {
    let site = try ServableFixture()
    var connection = try Connection(site.server.settings(database: nil))
    try connection.run("CREATE DATABASE \(site.database)")
    try site.write(user: site.server.user)
    #expect(site.finding("schema")?.level == .fail)
    #expect(site.finding("schema")?.sentence.contains("001-shop-order") == true)
    #expect(
      site.finding("schema")?.remedy == "run as root: weixinpay migrate --config \(site.file)")
    let serve = try Program.run(["serve", "--config", site.file])
    #expect(serve.error.contains("run as root: weixinpay migrate --config \(site.file)"))
  }

  @Test func `a database that a newer program has migrated is warned about, also at the start`()
    throws
  {
    let site = try ServableFixture()
    try site.migrate()
    var connection = try Connection(site.server.settings(database: site.database))
    try connection.execute(
      "INSERT INTO migration (number, name, digest, finished) VALUES (999, '999-later', '', 1)")
    let finding = try #require(site.finding("schema"))
    #expect(finding.level == .warn && finding.sentence.contains("999-later"))
    #expect(Check.run(file: site.file).isPassed)
    #expect(try StartCheck.run(Settings.read(file: site.file)) == [finding])
    #expect(try Program.run(["migrate", "--config", site.file]).code == 78)
  }

  @Test func `an account that could rewrite the journal is warned about, and the journal is kept`()
    throws
  {
    let site = try ServableFixture()
    try site.migrate()
    try site.write(user: site.server.user)
    let finding = site.finding("rights")
    #expect(finding?.level == .warn)
    #expect(finding?.sentence.contains("UPDATE and DELETE") == true)
  }

  @Test func `a view that compares order numbers without case is warned about`() throws {
    let site = try ServableFixture()
    try site.migrate()
    #expect(site.finding("shop_order") == nil)
    var connection = try Connection(site.server.settings(database: site.database))
    try connection.run("RENAME TABLE shop_order TO legacy")
    try connection.run(
      """
      CREATE VIEW shop_order AS SELECT merchant,
        CONVERT(order_no USING utf8mb4) COLLATE utf8mb4_general_ci AS order_no, openid, total_fee,
        body, attach, detail, expires_at, created_at FROM legacy
      """)
    try connection.run("GRANT SELECT ON shop_order TO '\(site.account)'@'localhost'")
    #expect(site.finding("shop_order")?.level == .warn)
  }

  @Test func `a right that is missing is named`() throws {
    let site = try ServableFixture()
    try site.migrate()
    var connection = try Connection(site.server.settings(database: site.database))
    try connection.run("REVOKE UPDATE ON payment FROM '\(site.account)'@'localhost'")
    let finding = site.finding("rights")
    #expect(finding?.level == .fail)
    #expect(finding?.sentence.contains("UPDATE payment") == true)
    #expect(finding?.remedy == "run as root: weixinpay migrate --config \(site.file)")
  }

  @Test func `a database that may lose what it confirmed fails`() throws {
    let server = try PrivateMariaDB(extraOptions: ["--innodb-flush-log-at-trx-commit=2"])
    let site = try ServableFixture(server: server)
    try site.migrate()
    let check = Check.run(file: site.file)
    #expect(!check.isPassed)
    #expect(check.findings.contains { $0.line.contains("innodb_flush_log_at_trx_commit is 2") })
  }

  @Test func `more connections than the server has are warned about, also at the start`() throws {
    let server = try PrivateMariaDB(extraOptions: ["--max-connections=30"])
    let site = try ServableFixture(server: server)
    try site.migrate()
    // Two processes and one that replaces another, each with one for every socket and two duties.
    #expect(site.finding("database.connections")?.level == .ok)
    let text = try String(contentsOfFile: site.file, encoding: .utf8)
    try site.settings.write("processes: 8\n" + text, to: "weixinpay.yaml", mode: 0o640)
    let finding = site.finding("database.connections")
    #expect(finding?.level == .warn)
    #expect(finding?.sentence.contains("36 connections") == true)
    #expect(finding?.sentence.contains("30") == true)
    let warnings = try StartCheck.run(Settings.read(file: site.file))
    #expect(warnings == [try #require(finding)])
  }

  @Test func `a database that is gone fails without a delay`() throws {
    let site = try ServableFixture()
    let text = try String(contentsOfFile: site.file, encoding: .utf8)
    try site.settings.write(
      text.replacing(site.server.socket, with: "nowhere.sock"), to: "weixinpay.yaml")
    #expect(site.finding("database")?.level == .fail)
    #expect(site.finding("database")?.remedy?.contains("start MariaDB") == true)
  }

  @Test func `folders of sockets must exist and belong to nobody else`() throws {
    let site = try ServableFixture()
    try site.write(sockets: "absent")
    #expect(site.finding("listen.api.socket")?.remedy?.contains("install -d -m 2750") == true)

    let folder = site.settings.folder.file("open")
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false)
    try site.write(sockets: "open")
    for (mode, level) in [(0o777, Finding.Level.fail), (0o755, .warn), (0o750, .ok)] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder)
      #expect(site.finding("listen.api.socket")?.level == level, "\(String(mode, radix: 8))")
    }
    try site.settings.write("", to: "open/api.sock")
    #expect(site.finding("listen.api.socket")?.sentence.contains("no socket") == true)
  }

  @Test func `a certificate must belong to its key, to the merchant, and last`() throws {
    let site = try ServableFixture(
      extra: "    certificate_file: c.pem\n    private_key_file: k.pem")
    let folder = site.settings.folder
    let authority = try CertificateAuthority(in: folder.path)
    let good = try authority.client("1230000109", days: 300)
    let soon = try authority.client("1230000109", days: 20)
    let other = try authority.client("1900000109", days: 300)
    func finding(_ certificate: [UInt8], _ key: [UInt8]) throws -> Finding? {
      try site.settings.write(String(decoding: certificate, as: UTF8.self), to: "c.pem")
      try site.settings.write(String(decoding: key, as: UTF8.self), to: "k.pem")
      return site.finding("merchants.main.certificate_file")
    }
    #expect(try finding(good.certificate, good.privateKey)?.level == .ok)
    #expect(try finding(soon.certificate, soon.privateKey)?.level == .warn)
    #expect(try finding(other.certificate, other.privateKey)?.level == .warn)
    let mixed = try finding(good.certificate, other.privateKey)
    #expect(mixed?.level == .fail)
    #expect(mixed?.sentence.contains("another certificate") == true)
    let broken = try finding(Array(SettingsFixture.pem("CERTIFICATE").utf8), good.privateKey)
    #expect(broken?.level == .fail)
  }

  private func change(_ site: ServableFixture, _ changes: [(String, String)]) throws {
    var text = try String(contentsOfFile: site.file, encoding: .utf8)
    for (old, new) in changes {
      #expect(text.contains(old))
      text = text.replacing(old, with: new)
    }
    try site.settings.write(text, to: "weixinpay.yaml", mode: 0o640)
  }

  private func notChecked(_ check: Check) throws -> String {
    try #require(check.findings.last { $0.sentence.hasPrefix("not checked ") }).sentence
  }

  @Test func `a fault of one section does not hide what is wrong behind another`() throws {
    let site = try ServableFixture()
    var connection = try Connection(site.server.settings(database: nil))
    try connection.run("CREATE DATABASE \(site.database)")
    try site.write(user: site.server.user)
    try change(
      site, [("merchants:", "log: xml\nmerchants:"), ("notify_url: https:", "notify_url: ftp:")])
    let check = Check.run(file: site.file)
    #expect(!check.isPassed)
    let failed = check.findings.filter { $0.level == .fail }.map(\.subject)
    #expect(
      failed.prefix(2).map { $0.split(separator: " ").last } == [
        "log", "merchants.main.notify_url",
      ])
    #expect(failed.last == "schema")
    let subjects = check.findings.map(\.subject)
    for subject in ["user", "clock", "listen.peers", "wechat"] {
      #expect(subjects.contains(subject), "\(subjects)")
    }
    #expect(!(try notChecked(check)).contains("database"))
  }

  @Test func `what a fault keeps from being checked is said`() throws {
    let site = try ServableFixture(
      extra: """
            certificate_file: c.pem
            private_key_file: k.pem
          other:
            appid: wxd678efh567hg6788
            app_secret_file: app.secret
            mch_id: nobody
            api_key_file: api.key
            notify_url: https://shop.example/wxpay/receive-notify
        """)
    let identity = try CertificateAuthority(in: site.settings.folder.path).client("1900000108")
    try site.settings.write(identity.certificate, to: "c.pem")
    try site.settings.write(identity.privateKey, to: "k.pem")
    try change(site, [("connections: 2", "connections: none")])
    let check = Check.run(file: site.file)
    let sentence = try notChecked(check)
    #expect(
      sentence.contains("faults: database, merchants.other at WeChat, who can"), "\(sentence)")
    let subjects = check.findings.map(\.subject)
    #expect(!subjects.contains("database") && !subjects.contains("schema"))
    #expect(site.finding("merchants.main.certificate_file")?.sentence.contains("made out") == true)
  }

  @Test func `nothing is made of a file with a key that belongs nowhere or stands twice`() throws {
    for lines in ["databse: {}\nmerchants:", "log: json\nlog: json\nmerchants:"] {
      let site = try ServableFixture()
      try change(site, [("merchants:", lines)])
      let check = Check.run(file: site.file)
      let subjects = Set(check.findings.filter { $0.place == nil }.map(\.subject))
      #expect(subjects.contains("clock"))
      if lines.hasPrefix("databse") {
        #expect(subjects == ["clock", "configuration", "user"])
        #expect(try notChecked(check).contains("listen, database, WeChat, "))
      }
    }
  }

  @Test func `the findings are JSON of a stable shape`() throws {
    let site = try ServableFixture()
    try site.settings.write("log: xml\nmerchant: {}\n", to: "weixinpay.yaml")
    let json = try JSON(parsing: Check.run(file: site.file).json.bytes)
    #expect(json.members?.map(\.name) == ["ok", "findings"])
    #expect(json["ok"]?.bool == false)
    let findings = json["findings"]?.array ?? []
    #expect(findings.filter { $0["level"]?.string == "fail" }.count == 3)
    for finding in findings {
      #expect(
        finding.members?.map(\.name) == [
          "level", "subject", "sentence", "remedy", "file", "line", "column",
        ])
    }
    let fault = try #require(findings.first { $0["subject"]?.string?.hasSuffix(" log") == true })
    #expect(fault["file"]?.string == site.file)
    #expect((fault["line"]?.integer, fault["column"]?.integer) == (1, 6))
    #expect(findings.last?["file"]?.isNull == true)
  }

  @Test func `every finding that is not ok says what to do`() throws {
    let site = try ServableFixture()
    for finding in Check.run(file: site.file).findings where finding.level != .ok {
      #expect(finding.remedy?.isEmpty == false, "\(finding.line)")
      #expect(!finding.line.contains("\n"))
    }
  }
}
