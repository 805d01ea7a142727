package import Payments
package import WeChatPay

/// What a configuration file says, all of it or where it is sound: nothing is made of a section that
/// has a fault, and nothing of a file in which a key is that belongs nowhere, or is given twice.
package enum ExaminedSettings: Sendable {
  case complete(Settings)
  case faulty([Fault], SoundSettings)
}

/// The sections of a file with faults that have none themselves.
package struct SoundSettings: Sendable {
  package private(set) var listen: Settings.Listen?
  package private(set) var database: DatabaseSettings?
  package private(set) var wechat: WeChatSettings?
  /// Those of whom all is known that WeChat knows them by.
  package private(set) var merchants: [Merchant] = []
  /// Those whose two files could be read.
  package private(set) var certificates: [CertificateFiles] = []
  /// The merchants that `merchants` lacks.
  package private(set) var faultyMerchants: [MerchantName] = []
}

extension SoundSettings {
  /// - Parameter merchants: those that could be made at all.
  init(
    _ raw: RawSettings, password: Secret?, merchants: [Merchant], certificates: [CertificateFiles],
    names: [MerchantName], faults: [Fault]
  ) {
    let known = Set(KnownKeys.names(below: ""))
    func isSound(_ path: String) -> Bool {
      !faults.contains { fault in
        let start = fault.key.prefix { $0 != "." }
        return fault.key == path || fault.key.hasPrefix("\(path).") || !known.contains("\(start)")
      }
    }
    func isSound(_ merchant: MerchantName, _ keys: [String]) -> Bool {
      keys.allSatisfy { isSound("merchants.\(merchant).\($0)") }
    }
    if isSound("listen") { listen = Settings.Listen(raw) }
    if isSound("database") { database = DatabaseSettings(raw.database, password: password) }
    if isSound("wechat") { wechat = WeChatSettings(raw) }
    self.merchants = merchants.filter {
      isSound($0.name, ["appid", "app_secret_file", "mch_id", "api_key_file", "sign_type"])
    }
    self.certificates = certificates.filter {
      isSound($0.merchant, ["mch_id", "certificate_file", "private_key_file"])
    }
    let whole = self.merchants.map(\.name)
    faultyMerchants = names.filter { !whole.contains($0) }
  }
}
