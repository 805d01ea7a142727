import Foundation
import Store
import TestSupport

@testable import Configuration
@testable import Gateway

/// A configuration that would serve: sockets in a folder of its own, a database of its own.
struct ServableFixture {
  let settings: SettingsFixture
  let database: String
  let account: String
  let server: PrivateMariaDB
  private let extra: String

  /// - Parameter extra: more lines of the merchant.
  init(server: PrivateMariaDB? = nil, extra: String = "") throws {
    settings = try SettingsFixture()
    self.server = try server ?? PrivateMariaDB.shared
    database = "check_\(UInt32.random(in: 0 ... .max))"
    account = "service_\(UInt32.random(in: 0 ... .max))"
    self.extra = extra
    _ = try CertificateAuthority(in: settings.folder.path, name: "simulator-ca")
    try write()
  }

  var file: String { settings.folder.file("weixinpay.yaml") }

  func write(user: String? = nil, sockets: String = ".") throws {
    let password = user == nil ? "\n  password_file: db.password" : ""
    try settings.write(
      """
      listen:
        api: { socket: \(sockets)/api.sock, workers: 2 }
        notify: { socket: \(sockets)/notify.sock, workers: 2 }
        merchant: { socket: \(sockets)/merchant.sock, workers: 2 }
        peers: ["\(NSUserName())"]
      database:
        socket: \(server.socket)
        name: \(database)
        user: \(user ?? account)\(password)
        connections: 2
      wechat: { pay: https://127.0.0.1:9, login: https://127.0.0.1:9, ca_file: simulator-ca.pem }
      \(SettingsFixture.merchant)
      \(extra)
      """, to: "weixinpay.yaml", mode: 0o640)
  }

  func migrate() throws {
    _ = try Migrator(
      administrator: server.settings(database: nil), database: database,
      service: .init(user: account, password: SettingsFixture.password)
    ).apply()
  }

  func finding(_ subject: String) -> Finding? {
    Check.run(file: file).findings.first { $0.subject == subject }
  }
}
