import Foundation
import MariaDB
import Payments
import TestSupport
import Testing
import WeChatPay

@testable import Configuration
@testable import Gateway

/// What `check` finds beyond the settings themselves.
@Suite struct CheckFindingsTests {
  /// The files of a merchant's certificate that lasts 300 days from now.
  private func certificate(
    madeOutTo name: String, in site: SettingsFixture
  ) throws -> CertificateFiles {
    let identity = try CertificateAuthority(in: site.folder.path).client(name, days: 300)
    try site.write(String(decoding: identity.certificate, as: UTF8.self), to: "c.pem")
    try site.write(String(decoding: identity.privateKey, as: UTF8.self), to: "k.pem")
    return CertificateFiles(
      merchant: MerchantName("main")!, merchantID: MerchantID("1230000109")!,
      certificate: SecretFile(path: site.folder.file("c.pem")),
      privateKey: SecretFile(path: site.folder.file("k.pem")))
  }

  @Test func `a certificate counts from its first second to its last`() throws {
    let site = try SettingsFixture()
    let files = try certificate(madeOutTo: "1230000109", in: site)
    let now = Int64(Date().timeIntervalSince1970)
    func finding(_ days: Int64) throws -> Finding {
      try #require(files.check(at: now + days * 86_400).first)
    }
    #expect(try finding(0).level == .ok)
    #expect(try finding(280).level == .warn)
    #expect(try finding(280).sentence.contains("expires in "))
    // An hour after its end, as after a year.
    for days in [300, 665] as [Int64] {
      let over = try #require(files.check(at: now + days * 86_400 + 3600).first)
      #expect(over.level == .warn)
      #expect(over.sentence.contains("has expired, at 2"))
      #expect(!over.sentence.contains(" days"))
    }
    let early = try finding(-1)
    #expect(early.level == .warn)
    #expect(early.sentence.contains("valid from 2"))
    #expect(early.remedy?.contains("clock") == true)
  }

  @Test func `another merchant's certificate is called so, also when it has expired`() throws {
    let site = try SettingsFixture()
    let files = try certificate(madeOutTo: "1900000108", in: site)
    let now = Int64(Date().timeIntervalSince1970)
    #expect(files.check(at: now).map(\.level) == [.warn])
    let findings = files.check(at: now + 301 * 86_400)
    #expect(findings.map(\.level) == [.warn, .warn])
    #expect(findings.first?.sentence.contains("not to mch_id 1230000109") == true)
    #expect(findings.last?.sentence.contains("has expired") == true)
  }

  @Test func `a certificate that TLS would not show is found before the first refund`() throws {
    let site = try ServableFixture(
      extra: "    certificate_file: c.pem\n    private_key_file: k.pem")
    let folder = site.settings.folder
    let weak = try CertificateAuthority(in: folder.path).client("1230000109", digest: "sha1")
    try site.settings.write(String(decoding: weak.certificate, as: UTF8.self), to: "c.pem")
    try site.settings.write(String(decoding: weak.privateKey, as: UTF8.self), to: "k.pem")
    let finding = try #require(site.finding("merchants.main.certificate_file"))
    #expect(finding.level == .warn)
    #expect(finding.sentence.contains("too weak"), "\(finding.line)")
  }

  @Test func `a merchant without a certificate is told that refunds are off`() throws {
    let site = try ServableFixture()
    #expect(site.finding("refunds")?.sentence.contains("off for main") == true)
  }

  @Test(arguments: [
    (0, "ok"), (60, "ok"), (-61, "warn"), (300, "warn"), (301, "FAIL"), (-9999, "FAIL"),
  ])
  func `the clock is held against WeChat's`(seconds: Int64, level: String) {
    let finding = Check.checkClock(against: 1_800_000_000, now: 1_800_000_000 + seconds)
    #expect(finding.level.rawValue == level)
    if seconds < -60 { #expect(finding.sentence.contains("behind")) }
  }

  @Test func `a disk that is nearly full is told`() {
    #expect(Check.checkSpace(free: 127 << 20, at: "/d").level == .fail)
    #expect(Check.checkSpace(free: 1023 << 20, at: "/d").level == .warn)
    #expect(Check.checkSpace(free: 5 << 30, at: "/d").level == .ok)
    #expect(Check.checkSpace(free: 0, at: "/d").remedy?.contains("/d") == true)
  }

  @Test func `the disk of a database on this machine is looked at`() throws {
    let site = try ServableFixture()
    try site.migrate()
    #expect(site.finding("disk") != nil)
  }

  @Test func `a database that takes no changes is one fault, and called so`() throws {
    let server = try PrivateMariaDB()
    let site = try ServableFixture(server: server)
    try site.migrate()
    var connection = try Connection(server.settings(database: nil))
    try connection.run("SET GLOBAL read_only = ON")
    let faults = Check.run(file: site.file).findings.filter { $0.level == .fail }
    #expect(faults.map(\.subject) == ["database"])
    #expect(faults.first?.sentence.contains("read_only is ON") == true)
  }

  @Test func `a server's fault is a sentence, and its remedy another`() throws {
    let server = try PrivateMariaDB(extraOptions: ["--innodb-flush-log-at-trx-commit=2"])
    let site = try ServableFixture(server: server)
    try site.migrate()
    let fault = try #require(site.finding("database"))
    #expect(fault.sentence.hasSuffix("loses payments that were acknowledged"))
    #expect(fault.remedy == "set it in the server's configuration, and restart MariaDB")
  }

  @Test func `payments under a merchant number that is gone are warned about, also at the start`()
    throws
  {
    let site = try ServableFixture()
    try site.migrate()
    var connection = try Connection(site.server.settings(database: site.database))
    func attempt(_ number: String, _ mchID: String, state: String) throws {
      try connection.execute(
        """
        INSERT INTO payment (merchant, out_trade_no, order_no, attempt, state, total_fee, parameters,
          prepay_id, created_at)
        VALUES ('main', ?, ?, 1, ?, 1, ?, 'wx1', 1)
        """,
        [
          .text(number), .text(number), .text(state),
          .text("<xml><appid>wxd678efh567hg6787</appid><mch_id>\(mchID)</mch_id></xml>"),
        ])
      try connection.execute(
        "INSERT INTO duty (kind, merchant, subject, due_at) VALUES ('payment', 'main', ?, 1)",
        [.text(number)])
    }
    try attempt("20261121-1", "1230000109", state: "unpaid")
    try attempt("20261121-2", "1900000108", state: "closed")
    #expect(site.finding("merchants.main") == nil)
    try attempt("20261121-3", "1900000108", state: "unpaid")
    let finding = try #require(site.finding("merchants.main"))
    #expect(finding.level == .warn)
    #expect(finding.sentence.contains("1 payment attempts are under way under mch_id 1900000108"))
    #expect(try StartCheck.run(Settings.read(file: site.file)) == [finding])
  }

  @Test func `a shop's host without an address is warned about`() throws {
    let site = try ServableFixture(
      extra: "    relay: { payment_url: https://no-such-host.invalid/notify.php }")
    let finding = try #require(site.finding("merchants.main.relay.payment_url"))
    #expect(finding.level == .warn)
    #expect(finding.sentence.contains("no-such-host.invalid"))
  }

  @Test func `a shop's host that is a private address is warned about`() throws {
    // A name for this machine that is no address itself.
    let site = try ServableFixture(
      extra: "    relay: { payment_url: https://localhost.localdomain/notify.php }")
    #expect(site.finding("merchants.main.relay.payment_url")?.level == .warn)
  }

  @Test func `whether a gateway serves is one line`() throws {
    let site = try ServableFixture()
    #expect(site.finding("serve")?.sentence.contains("not running") == true)
  }

  @Test(arguments: [
    ("签名错误", "api_key_file"), ("商户号mch_id不存在", "mch_id"), ("appid不存在", "appid"),
    ("appid和mch_id不匹配", "bind"), ("商户号该产品权限未开通", "mch_id"), ("系统", "words"),
  ])
  func `WeChat's words lead to the setting`(words: String, remedy: String) {
    #expect(Check.remedy(for: words, code: nil).contains(remedy))
  }

  @Test func `check shows doubts with their place`() throws {
    let fixture = try SettingsFixture()
    try fixture.write(SettingsFixture.merchant, to: "weixinpay.yaml")
    let check = Check.run(file: fixture.folder.file("weixinpay.yaml"))
    let finding = check.findings.first { $0.subject.hasSuffix("merchants.main.appid") }
    #expect(finding?.level == .fail)
    #expect(finding?.place?.line == 3)
  }
}
