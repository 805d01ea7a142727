import Foundation

/// A folder with the secret files of a merchant, in which configuration files can be tried.
package struct SettingsFixture {
  package static let apiKey = "k7Q2mZx9RtY4bN8wLc3VhJ5sPf6GdA1e"
  package static let appSecret = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
  package static let password = "correct-horse-battery"

  package static let merchant = """
    merchants:
      main:
        appid: wxd678efh567hg6787
        app_secret_file: app.secret
        mch_id: "1230000109"
        api_key_file: api.key
        notify_url: https://shop.example/wxpay/receive-notify
    """

  package let folder: TemporaryFolder

  package init() throws {
    folder = try TemporaryFolder()
    try write(Self.apiKey + "\n", to: "api.key")
    try write(Self.appSecret + "\n", to: "app.secret")
    try write(Self.password + "\n", to: "db.password")
    try write(Self.pem("CERTIFICATE"), to: "cert.pem")
    try write(Self.pem("PRIVATE KEY"), to: "key.pem")
    try write(Self.pem("CERTIFICATE"), to: "ca.pem")
  }

  package static func pem(_ kind: String) -> String {
    "-----BEGIN \(kind)-----\nMIIB\n-----END \(kind)-----\n"
  }

  package func write(_ text: String, to name: String, mode: Int = 0o600) throws {
    try folder.write(text, to: name)
    try FileManager.default.setAttributes(
      [.posixPermissions: mode], ofItemAtPath: folder.file(name))
  }

  package func write(_ bytes: [UInt8], to name: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name)))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: folder.file(name))
  }
}
