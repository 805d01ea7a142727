import Foundation
import TestSupport
import Testing

@testable import Configuration

/// A configuration with one thing wrong, and what its one line of report must say.
struct SeededFault: Sendable, CustomTestStringConvertible {
  let name: String
  /// The merchant's lines that are replaced, each by what it becomes.
  var replacing: [String: String] = [:]
  /// Lines before `merchants:`.
  var before = ""
  /// Lines after the merchant's.
  var after = ""
  let key: String
  /// Parts of the message: what came, and the remedy.
  let says: [String]

  var testDescription: String { name }

  var text: String {
    var merchant = SettingsFixture.merchant
    for (old, new) in replacing { merchant = merchant.replacing(old, with: new) }
    return [before, merchant, after].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  static let all: [SeededFault] = keys + values + files + addresses + combinations

  static let keys = [
    SeededFault(
      name: "a misspelt key", before: "listen: { api: { worker: 3 } }", key: "listen.api.worker",
      says: ["unknown key", "did you mean workers?"]),
    SeededFault(
      name: "swapped letters", before: "databsae: { name: shop }", key: "databsae",
      says: ["did you mean database?"]),
    SeededFault(
      name: "the secret itself instead of its file",
      after: "    api_key: \(SettingsFixture.apiKey)", key: "merchants.main.api_key",
      says: ["did you mean api_key_file?"]),
    SeededFault(
      name: "a key that resembles none", before: "colour: red", key: "colour",
      says: ["one of listen, database, shop_database, wechat, merchants", "remove"]),
    SeededFault(
      name: "a key given twice", before: "log: json\nlog: logfmt", key: "log",
      says: ["the key once", "again in line 2", "keep one"]),
    SeededFault(
      name: "a value where keys belong", before: "listen: 3", key: "listen",
      says: ["keys out of api, notify, merchant, peers", "got \"3\""]),
    SeededFault(
      name: "keys where a value belongs", before: "log: { format: json }", key: "log",
      says: ["logfmt or json", "got a mapping"]),
    SeededFault(
      name: "a merchant whose name is no name", replacing: ["main:": "\"主店\":"],
      key: "merchants", says: ["0-9 A-Z a-z _ -"]),
    SeededFault(
      name: "a required key left out", replacing: ["    appid: wxd678efh567hg6787\n": ""],
      key: "merchants.main.appid", says: ["got nothing", "add the line appid: wx"]),
    SeededFault(
      name: "a required key without a value", replacing: ["\"1230000109\"": ""],
      key: "merchants.main.mch_id", says: ["1 to 32 digits", "got nothing"]),
  ]

  static let values = [
    SeededFault(
      name: "a number out of range", before: "listen: { api: { workers: 0 } }",
      key: "listen.api.workers", says: ["from 1 to 4096", "got \"0\""]),
    SeededFault(
      name: "a word instead of a number", before: "database: { connections: many }",
      key: "database.connections", says: ["whole number from 2 to 128", "got \"many\""]),
    SeededFault(
      name: "a time without a unit", before: "session_lifetime: 72", key: "session_lifetime",
      says: ["such as 4s, 10m or 72h"]),
    SeededFault(
      name: "a notification that WeChat would not wait for",
      before: "listen: { notify: { deadline: 6s } }", key: "listen.notify.deadline",
      says: ["from 1s to 4s", "got \"6s\""]),
    SeededFault(
      name: "a socket's path that the kernel refuses",
      before: "listen: { api: { socket: /run/\(String(repeating: "a", count: 110)) } }",
      key: "listen.api.socket", says: ["107 bytes", "text of 115 characters"]),
    SeededFault(
      name: "host and port for a socket", before: "listen: { api: { socket: \"127.0.0.1:9000\" } }",
      key: "listen.api.socket", says: ["no host:port", "below /run"]),
    SeededFault(
      name: "host and port for MariaDB's socket",
      before: "database: { socket: \"localhost:3306\" }",
      key: "database.socket", says: ["no host:port", "give host and port"]),
    SeededFault(
      name: "full-width quotes", replacing: ["\"1230000109\"": "“1230000109”"],
      key: "merchants.main.mch_id", says: ["half-width characters"]),
    SeededFault(
      name: "full-width digits", replacing: ["\"1230000109\"": "１２３０"],
      key: "merchants.main.mch_id", says: ["half-width characters"]),
    SeededFault(
      name: "a word that is none of the choices", after: "    sign_type: SHA1",
      key: "merchants.main.sign_type", says: ["MD5 or HMAC-SHA256", "got \"SHA1\""]),
    SeededFault(
      name: "an appid with a space", replacing: ["wxd678efh567hg6787": "wx 1"],
      key: "merchants.main.appid", says: ["letters and digits", "mp.weixin.qq.com"]),
    SeededFault(
      name: "an mch_id with letters", replacing: ["\"1230000109\"": "M123"],
      key: "merchants.main.mch_id", says: ["1 to 32 digits", "got \"M123\""]),
    SeededFault(
      name: "two values where one belongs", before: "log: [json, logfmt]", key: "log",
      says: ["got [\"json\", \"logfmt\"]"]),
  ]

  static let files = [
    SeededFault(
      name: "a secret file that is missing", replacing: ["api.key": "nowhere.key"],
      key: "merchants.main.api_key_file", says: ["none that can be seen", "create it"]),
    SeededFault(
      name: "a key that everybody may read", replacing: ["api.key": "open.key"],
      key: "merchants.main.api_key_file", says: ["mode 0644", "chmod 640"]),
    SeededFault(
      name: "a key that is too short", replacing: ["api.key": "short.key"],
      key: "merchants.main.api_key_file", says: ["32 random letters and digits", "9 bytes"]),
    SeededFault(
      name: "a key out of the manual", replacing: ["api.key": "published.key"],
      key: "merchants.main.api_key_file", says: ["printed in manuals", "set a new key"]),
    SeededFault(
      name: "an empty secret", replacing: ["app.secret": "empty.secret"],
      key: "merchants.main.app_secret_file", says: ["an empty file"]),
    SeededFault(
      name: "a folder for a file", replacing: ["app.secret": "."],
      key: "merchants.main.app_secret_file", says: ["a folder"]),
    SeededFault(
      name: "a key inside of a web site", replacing: ["api.key": "wwwroot/api.key"],
      key: "merchants.main.api_key_file", says: ["web server may hand out", "move it"]),
    SeededFault(
      name: "certificate and key exchanged",
      after: "    certificate_file: cert.pem\n    private_key_file: cert.pem",
      key: "merchants.main.private_key_file", says: ["PRIVATE KEY", "exchanged"]),
    SeededFault(
      name: "PKCS#12 for the certificate",
      after: "    certificate_file: bundle.p12\n    private_key_file: key.pem",
      key: "merchants.main.certificate_file", says: ["PKCS#12", "apiclient_cert.pem"]),
    SeededFault(
      name: "a certificate in DER",
      after: "    certificate_file: cert.der\n    private_key_file: key.pem",
      key: "merchants.main.certificate_file", says: ["in DER", "openssl x509 -inform DER"]),
    SeededFault(
      name: "a private key in DER",
      after: "    certificate_file: cert.pem\n    private_key_file: key.der",
      key: "merchants.main.private_key_file", says: ["in DER", "openssl pkey -inform DER"]),
    SeededFault(
      name: "a private key with a passphrase",
      after: "    certificate_file: cert.pem\n    private_key_file: locked.pem",
      key: "merchants.main.private_key_file", says: ["encrypted", "openssl pkey -in"]),
    SeededFault(
      name: "authorities that others may change",
      before: "wechat: { ca_file: open-ca.pem, pay: https://localhost, login: https://localhost }",
      key: "wechat.ca_file", says: ["mode 0666", "chmod o-w"]),
    SeededFault(
      name: "a key in a folder where others may write", replacing: ["api.key": "open/api.key"],
      key: "merchants.main.api_key_file", says: ["mode 0777", "chmod o-w"]),
    SeededFault(
      name: "a certificate without its key", after: "    certificate_file: cert.pem",
      key: "merchants.main.private_key_file", says: ["as certificate_file is given"]),
    SeededFault(
      name: "a password file that is missing", before: "database: { password_file: no.password }",
      key: "database.password_file", says: ["none that can be seen"]),
  ]

  static let addresses = [
    SeededFault(
      name: "http", replacing: ["https:": "http:"], key: "merchants.main.notify_url",
      says: ["an https address"]),
    SeededFault(
      name: "a query", replacing: ["receive-notify": "receive-notify?m=1"],
      key: "merchants.main.notify_url", says: ["without query"]),
    SeededFault(
      name: "a port", replacing: ["shop.example": "shop.example:8443"],
      key: "merchants.main.notify_url", says: ["without a port", "443"]),
    SeededFault(
      name: "a private address", replacing: ["shop.example": "192.168.1.4"],
      key: "merchants.main.notify_url", says: ["over the internet"]),
    SeededFault(
      name: "this machine", after: "    refund_notify_url: https://localhost/wxpay/r",
      key: "merchants.main.refund_notify_url", says: ["over the internet"]),
    SeededFault(
      name: "no path", replacing: ["shop.example/wxpay/receive-notify": "shop.example"],
      key: "merchants.main.notify_url", says: ["with a path"]),
    SeededFault(
      name: "WeChat over http", before: "wechat: { login: \"http://api.weixin.qq.com\" }",
      key: "wechat.login", says: ["https", "http is never used"]),
    SeededFault(
      name: "a strange host without ca_file", before: "wechat: { login: https://api.weixin.qq.co }",
      key: "wechat.login", says: ["a host of weixin.qq.com", "ca_file"]),
    SeededFault(
      name: "WeChat's host beside a simulator",
      before: "wechat: { ca_file: ca.pem, pay: https://localhost }", key: "wechat.login",
      says: ["the simulator's host", "remove ca_file"]),
  ]

  static let combinations = [
    SeededFault(
      name: "two sockets at one place",
      before: "listen: { api: { socket: /tmp/x }, notify: { socket: /tmp/x } }",
      key: "listen.notify.socket", says: ["that of listen.api.socket", "another path"]),
    SeededFault(
      name: "a host without proof", before: "database: { host: db.example }",
      key: "database.ca_file", says: ["prove db.example", "add ca_file"]),
    SeededFault(
      name: "host and socket", before: "database: { host: h.example, ca_file: ca.pem, socket: /s }",
      key: "database.socket", says: ["either socket or host"]),
    SeededFault(
      name: "one merchant under two names",
      after: SettingsFixture.merchant.replacing("merchants:\n", with: "")
        .replacing("main:", with: "again:"),
      key: "merchants.again.mch_id", says: ["as for main"]),
  ]
}

@Suite struct SettingsFaultsTests {
  let fixture: SettingsFixture

  init() throws {
    fixture = try SettingsFixture()
    try fixture.write(SettingsFixture.apiKey, to: "open.key", mode: 0o644)
    try fixture.write("8934e7d15", to: "short.key")
    try fixture.write("192006250b4c09247ec02edce69f6a2d", to: "published.key")
    try fixture.write("", to: "empty.secret")
    try FileManager.default.createDirectory(
      atPath: fixture.folder.file("wwwroot"), withIntermediateDirectories: false)
    try fixture.write(SettingsFixture.apiKey, to: "wwwroot/api.key")
    try fixture.write(SettingsFixture.pem("CERTIFICATE"), to: "open-ca.pem", mode: 0o666)
    try FileManager.default.createDirectory(
      atPath: fixture.folder.file("open"), withIntermediateDirectories: false)
    chmod(fixture.folder.file("open"), 0o777)
    try fixture.write(SettingsFixture.apiKey, to: "open/api.key")
    try fixture.write(SettingsFixture.pem("ENCRYPTED PRIVATE KEY"), to: "locked.pem")
    // The first bytes that OpenSSL writes in each form.
    try fixture.write([0x30, 0x82, 0x0a, 0x5f, 2, 1, 3, 0x30, 0x82, 0xff], to: "bundle.p12")
    try fixture.write([0x30, 0x82, 0x03, 0xee, 0x30, 0x82, 0x02, 0xd6, 0xff], to: "cert.der")
    try fixture.write([0x30, 0x82, 0x04, 0xbe, 2, 1, 0, 0x30, 0x0d, 0xff], to: "key.der")
  }

  @Test(arguments: SeededFault.all)
  func `each fault is one line with file, key and remedy`(_ seeded: SeededFault) {
    let faults = fixture.faults(seeded.text)
    #expect(faults.count == 1, "\(faults)")
    guard let fault = faults.first else { return }
    #expect(fault.key == seeded.key)
    #expect(fault.file == fixture.folder.file("weixinpay.yaml"))
    let line = fault.description
    #expect(line.hasPrefix("\(fault.file):\(fault.line):\(fault.column): \(seeded.key): expected "))
    #expect(line.contains(", got ") && line.contains("; ") && !line.contains("\n"))
    for part in seeded.says { #expect(line.contains(part), "\(line)") }
    #expect(!line.contains(SettingsFixture.apiKey))
  }

  @Test func `five faults are reported at once, in the order of the file`() {
    let faults = fixture.faults(
      """
      log: xml
      listen:
        api: { workers: none }
        api: { workers: 4 }
      database:
        passwrd_file: db.password
      merchants:
        main:
          appid: wx1
          app_secret_file: nowhere
          mch_id: "1"
          api_key_file: api.key
          notify_url: http://shop.example/notify
      """)
    #expect(
      faults.map { "\($0.line):\($0.column) \($0.key)" } == [
        "1:6 log", "3:3 api", "6:3 database.passwrd_file", "10:22 merchants.main.app_secret_file",
        "13:17 merchants.main.notify_url",
      ])
  }

  @Test func `a key given three times is reported twice, and not for ever`() {
    let faults = fixture.faults("log: json\nlog: json\nlog: json\n\(SettingsFixture.merchant)")
    #expect(faults.map(\.line) == [1, 2])
  }

  @Test func `what is not YAML is reported with its place`() {
    let faults = fixture.faults("log: [json\nmerchants: {}")
    #expect(faults.count == 1)
    #expect(faults.first?.message.contains("expected YAML") == true)
    #expect(faults.first.map { $0.line } == 2)
  }

  @Test func `an empty file lacks a merchant and nothing else`() {
    #expect(fixture.faults("").map(\.key) == ["merchants"])
    #expect(fixture.faults("# nothing yet\n").map(\.key) == ["merchants"])
  }

  @Test func `a list is no configuration`() {
    let faults = fixture.faults("- a\n- b")
    #expect(faults.count == 1)
    #expect(faults.first?.message.contains("keys with values") == true)
  }

  @Test func `a file that is missing is one fault`() {
    #expect(throws: SettingsFaults.self) {
      try Settings.read(file: fixture.folder.file("absent.yaml"))
    }
  }

  @Test func `a file that anybody may write is refused`() throws {
    try fixture.write(SettingsFixture.merchant, to: "open.yaml", mode: 0o666)
    do {
      _ = try Settings.read(file: fixture.folder.file("open.yaml"))
      Issue.record("The file was accepted.")
    } catch {
      #expect(error.faults.map(\.line) == [1])
      #expect(error.description.contains("chmod o-w"))
    }
  }

  @Test(arguments: [
    ("\tlog: json", 1, "a tab"), ("log: json\nlisten:\n\tpeers: www", 3, "a tab"),
    ("log：json\ndatabase: {}", 1, "full-width colon"),
    ("merchants:\n  main:\n    appid:wx1\n    mch_id: \"1\"", 3, "no space behind the colon"),
    (
      "merchants:\n  main:\n     appid: wx1\n    # a comment\n    mch_id: \"1\"", 5,
      "an indentation"
    ),
    ("merchants:\n  main:\n    appid: wx1\n     mch_id: \"1\"", 4, "deeper"),
  ])
  func `what is not YAML is told by its cause and line`(text: String, line: Int, cause: String) {
    let faults = fixture.faults(text)
    #expect(faults.count == 1, "\(faults)")
    #expect(faults.first?.line == line, "\(faults)")
    #expect(faults.first?.message.contains(cause) == true, "\(faults)")
  }

  @Test func `a file in another encoding is told its line`() throws {
    try fixture.write(
      Array("log: json\n# ".utf8) + [0xc9, 0xcc, 0xbb, 0xa7] + Array("\n".utf8), to: "gbk.yaml")
    do {
      _ = try Settings.read(file: fixture.folder.file("gbk.yaml"))
      Issue.record("The file was accepted.")
    } catch {
      #expect(error.description.contains("other bytes in line 2"))
      #expect(error.description.contains("GBK"))
    }
  }

  @Test func `a mark at the beginning of a key's file is no part of the key`() throws {
    try fixture.write("\u{FEFF}\(SettingsFixture.apiKey)\r\n", to: "api.key")
    #expect(fixture.faults(SettingsFixture.merchant) == [])
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func `files and folders of other users are refused`() throws {
    let file = fixture.folder.file("weixinpay.yaml")
    func faults() throws -> [String] {
      do {
        _ = try Settings.read(file: file)
        return []
      } catch {
        return error.faults.map(\.remedy)
      }
    }
    try fixture.write(SettingsFixture.merchant, to: "weixinpay.yaml", mode: 0o644)
    #expect(try faults() == [])
    chown(file, 33, 33)
    #expect(try faults() == ["run: chown root \(file)"])
    chown(file, 0, 33)
    chmod(file, 0o664)
    #expect(try faults() == ["run: chmod g-w \(file)"])
    chmod(file, 0o644)
    chown(fixture.folder.path, 33, 0)
    #expect(try faults().allSatisfy { $0.contains("chown root \(fixture.folder.path)") })
    #expect(try !faults().isEmpty)
    chown(fixture.folder.path, 0, 0)
    // Root's own group may write: it is root.
    chown(file, 0, 0)
    chmod(file, 0o664)
    #expect(try faults() == [])
  }

  @Test func `a secret that stands in the file itself is not repeated`() {
    let text = SettingsFixture.merchant.replacing("api.key", with: SettingsFixture.apiKey)
    let faults = fixture.faults(text)
    #expect(faults.count == 1)
    #expect(faults.first?.message.contains(SettingsFixture.apiKey) == false)
    #expect(faults.first?.message.contains("is it the secret itself?") == true)
  }
}
