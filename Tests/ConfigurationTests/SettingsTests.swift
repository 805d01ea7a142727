import Foundation
import Payments
import Server
import TestSupport
import Testing
import WeChatPay

@testable import Configuration

@Suite struct SettingsTests {
  let fixture: SettingsFixture

  init() throws { fixture = try SettingsFixture() }

  @Test func `one merchant is enough, everything else has a default`() throws {
    let settings = try fixture.read(SettingsFixture.merchant)
    #expect(settings.listen.api.socket == "/run/weixinpay/api.sock")
    #expect(settings.listen.api.workers == 256)
    #expect(settings.listen.api.deadline == .seconds(12))
    #expect(settings.listen.notify.deadline == .seconds(4))
    #expect(settings.listen.peers == ["www-data", "www", "nginx"])
    #expect(settings.database.socket == "/run/mysqld/mysqld.sock")
    #expect(settings.database.connections == 16)
    #expect(settings.database.password == nil)
    #expect(settings.sessionLifeSeconds == 24 * 3600)
    #expect(settings.logFormat == .logfmt)
    #expect(settings.merchants.map(\.name.text) == ["main"])
    #expect(settings.merchants.first?.signType == .md5)
    #expect(settings.merchants.first?.refundNotifyURL == nil)
  }

  @Test func `every key can be set`() throws {
    let settings = try fixture.read(
      """
      listen:
        api: { socket: api.sock, workers: 8, deadline: 30s }
        notify: { socket: /tmp/n.sock, workers: 2, deadline: 3s }
        merchant: { socket: ../m.sock, workers: 3, deadline: 1m }
        peers: caddy
      database:
        host: db.example
        port: 3307
        ca_file: ca.pem
        name: shop
        user: pay
        password_file: db.password
        connections: 4
      wechat:
        pay: [https://localhost:8443]
        login: https://localhost:8443/
        ca_file: ca.pem
      session_lifetime: 2h
      log: json
      merchants:
        first:
          appid: wx1
          app_secret_file: app.secret
          mch_id: 0123
          api_key_file: api.key
          sign_type: HMAC-SHA256
          certificate_file: cert.pem
          private_key_file: key.pem
          notify_url: https://127.0.0.1:8443/notify
          refund_notify_url: https://127.0.0.1:8443/refund-notify
        second:
          appid: wx2
          app_secret_file: app.secret
          mch_id: 0123
          api_key_file: api.key
          notify_url: https://localhost:8443/notify
      """)
    let folder = fixture.folder.path
    #expect(settings.listen.api.socket == "\(folder)/api.sock")
    #expect(settings.listen.api.deadline == .seconds(30))
    #expect(settings.listen.merchant.socket == "\(folder)/../m.sock")
    #expect(settings.listen.merchant.deadline == .seconds(60))
    #expect(settings.listen.peers == ["caddy"])
    #expect(settings.database.socket == nil)
    #expect(settings.database.host == "db.example")
    #expect(settings.database.port == 3307)
    #expect(settings.database.caFile == "\(folder)/ca.pem")
    #expect(settings.database.password?.revealed == SettingsFixture.password)
    #expect(settings.wechat.caFile == "\(folder)/ca.pem")
    #expect(settings.sessionLifeSeconds == 7200)
    #expect(settings.logFormat == .json)
    #expect(settings.merchants.map(\.name.text) == ["first", "second"])
    #expect(settings.merchants.first?.merchantID.text == "0123", "A leading zero is kept.")
    #expect(settings.merchants.first?.signType == .hmacSHA256)
  }

  @Test func `no way of printing the settings shows a secret`() throws {
    let settings = try fixture.read(
      """
      database: { password_file: db.password }
      \(SettingsFixture.merchant)
      """)
    var dumped = ""
    dump(settings, to: &dumped)
    for merchant in settings.merchants { dump(merchant, to: &dumped) }
    dump(settings.database, to: &dumped)
    let printed = [
      dumped, "\(settings)", String(reflecting: settings), "\(settings.merchants)",
      String(reflecting: settings.database), "\(String(describing: settings.database.password))",
    ].joined()
    for secret in [
      SettingsFixture.apiKey, SettingsFixture.appSecret, SettingsFixture.password,
    ] {
      #expect(!printed.contains(secret))
    }
  }

  @Test func `one line break at the end belongs to no secret, others do`() throws {
    try fixture.write("word\n\n", to: "db.password")
    let settings = try fixture.read(
      "database: { password_file: db.password }\n\(SettingsFixture.merchant)")
    #expect(settings.database.password?.revealed == "word\n")
  }

  @Test func `a group may read a secret, and only read`() throws {
    try fixture.write(SettingsFixture.apiKey, to: "api.key", mode: 0o640)
    #expect(fixture.faults(SettingsFixture.merchant).isEmpty)
  }

  @Test func `the sample is valid once its secret files exist`() throws {
    try FileManager.default.createDirectory(
      atPath: fixture.folder.file("secret"), withIntermediateDirectories: false)
    try fixture.write(SettingsFixture.apiKey, to: "secret/api.key")
    try fixture.write(SettingsFixture.appSecret, to: "secret/app.secret")
    let settings = try fixture.read(sampleConfig())
    let defaults = try fixture.read(
      SettingsFixture.merchant.replacing("app.secret", with: "secret/app.secret"))
    #expect(settings.listen == defaults.listen)
    #expect(settings.merchants.map(\.name.text) == ["main"])
  }

  @Test func `the sample shows every key, and each optional one works when uncommented`() throws {
    let sample = sampleConfig()
    let names =
      Setting<RawSettings>.table.map(\.name) + Setting<RawMerchant>.table.map(\.name)
    for name in names { #expect(sample.contains("\(name):"), "\(name)") }
    let uncommented = sample.split(separator: "\n").map { line in
      line.replacing(/^( *)# ([a-z_]+: )/) { "\($0.output.1)\($0.output.2)" }
    }.joined(separator: "\n")
    let unknown = fixture.faults(uncommented).filter { $0.message.contains("an unknown key") }
    #expect(unknown.isEmpty)
  }

  @Test func `no line of the sample is wider than 100 columns`() {
    #expect(sampleConfig().split(separator: "\n").allSatisfy { $0.count <= 100 })
  }
}
