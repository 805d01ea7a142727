import FoundationEssentials
import Linux
import MariaDB
import Payments
import WeChatPay

/// Makes the settings out of a file, or the list of everything that is wrong with it.
///
/// The way of a value: `SettingsDocument` finds it and its place in the YAML, `SettingsReader` reads
/// it as `SettingsTable` says into `RawSettings`, `SettingsRules` compares it with the others, and
/// what is left without a `Fault` becomes `Settings` here.
struct SettingsBuilder {
  var reader: SettingsReader
  /// The secret files that were read.
  private(set) var secretFiles: [SecretPlace] = []
  /// What is sound where `build` has found faults.
  private(set) var sound = SoundSettings()

  var faults: [Fault] { reader.document.allFaults }

  init(file: String) {
    let folder = URL(filePath: file).deletingLastPathComponent().path
    let document: SettingsDocument
    do {
      document = SettingsDocument(file: file, text: try Self.text(of: file))
    } catch {
      document = SettingsDocument(file: file, refusal: error)
    }
    reader = SettingsReader(document: document, folder: folder)
  }

  /// - Returns: `nil` when there are faults.
  mutating func build() -> Settings? {
    guard reader.document.isReadable else { return nil }
    var raw = RawSettings()
    reader.read(Setting.table, into: &raw)
    var merchants: [(name: MerchantName, raw: RawMerchant)] = []
    for name in reader.document.merchants {
      var merchant = RawMerchant()
      reader.read(Setting.table, below: "merchants.\(name)", into: &merchant)
      merchants.append((name, merchant))
    }
    check(raw, merchants)
    let password = secret("database.password_file", raw.database.passwordFile)
    checkReadable("database.ca_file", raw.database.caFile)
    checkReadable("wechat.ca_file", raw.wechatCAFile)
    let built = merchants.map { merchant($0.name, $0.raw) }
    let shops = Dictionary(
      merchants.map { ($0.name, shop($0.name, $0.raw)) }, uniquingKeysWith: { first, _ in first })
    let shopDatabase = shopDatabase(raw, isNeeded: shops.values.contains { !$0.statements.isEmpty })
    let certificates = merchants.compactMap(CertificateFiles.init)
    guard faults.isEmpty else {
      sound = SoundSettings(
        raw, password: password.map(Secret.init), merchants: built.compactMap(\.self),
        certificates: certificates, names: merchants.map(\.name), faults: faults)
      return nil
    }
    doubt(raw, merchants, built.compactMap(\.self))
    return Settings(
      raw, file: reader.document.file, password: password.map(Secret.init),
      merchants: built.compactMap(\.self),
      certificates: certificates, shops: shops,
      shopDatabase: shopDatabase, secretFiles: secretFiles, doubts: reader.document.doubts)
  }

  private mutating func check(
    _ raw: RawSettings, _ merchants: [(name: MerchantName, raw: RawMerchant)]
  ) {
    reader.document.checkSockets(raw)
    reader.document.checkDatabase(raw.database)
    reader.document.checkHosts(raw)
    for (name, merchant) in merchants {
      let parent = "merchants.\(name)"
      let isSimulated = raw.wechatCAFile != nil
      reader.document.checkCallback(
        "\(parent).notify_url", merchant.notifyURL, isSimulated: isSimulated)
      reader.document.checkCallback(
        "\(parent).refund_notify_url", merchant.refundNotifyURL ?? .none, isSimulated: isSimulated)
      reader.document.checkPair(merchant, at: parent)
    }
    reader.document.checkUnique(merchants)
    reader.document.checkMerchants()
  }

  private mutating func merchant(_ name: MerchantName, _ raw: RawMerchant) -> Merchant? {
    let parent = "merchants.\(name)"
    let appSecret = secret("\(parent).app_secret_file", raw.appSecretFile)
    let apiKey = apiKey("\(parent).api_key_file", raw.apiKeyFile)
    checkPEM("\(parent).certificate_file", raw.certificateFile, "CERTIFICATE")
    checkPEM("\(parent).private_key_file", raw.privateKeyFile, "PRIVATE KEY")
    guard let appID = raw.appID, let merchantID = raw.mchID, let appSecret, let apiKey
    else { return nil }
    return Merchant(
      name: name, appID: appID, appSecret: Secret(appSecret), merchantID: merchantID,
      apiKey: apiKey, signType: raw.signType, notifyURL: raw.notifyURL.text,
      refundNotifyURL: raw.refundNotifyURL?.text,
      refundAccountFallback: raw.refundAccountFallback, latePayment: raw.latePayment,
      refundLimitPerDay: raw.refundLimitPerDay)
  }

  private mutating func apiKey(_ path: String, _ file: String) -> APIKey? {
    guard let text = secret(path, file) else { return nil }
    do {
      return try APIKey(text)
    } catch {
      reader.document.report(path, Mismatch(error))
      return nil
    }
  }

  /// The two files of the download are easily taken for each other.
  private mutating func checkPEM(_ path: String, _ file: String?, _ kind: String) {
    guard let file, let text = secret(path, file) else { return }
    if kind == "PRIVATE KEY", text.contains("ENCRYPTED") {
      reader.document.report(
        path,
        Mismatch(
          expected: "a private key without a passphrase", got: "an encrypted one",
          remedy: "run: openssl pkey -in \(file) -out apiclient_key.pem, and name that file"))
      return
    }
    guard !text.contains("\(kind)-----") else { return }
    reader.document.report(
      path,
      Mismatch(
        expected: "a PEM file with \(kind)", got: "another file",
        remedy: "certificate and private key may be exchanged; name the right file"))
  }

  /// - Returns: the content; `nil` when there is no such setting or it was reported.
  mutating func secret(_ path: String, _ file: String?) -> String? {
    guard let file, reader.document.isGiven(path), reader.document.isSound(path)
    else { return nil }
    do {
      let text = try SecretFile(path: file).text()
      secretFiles.append(SecretPlace(key: path, path: file))
      return text
    } catch {
      reader.document.report(path, error)
      return nil
    }
  }

  mutating func checkReadable(_ path: String, _ file: String?) {
    guard let file, reader.document.isSound(path) else { return }
    do throws(Mismatch) {
      // Who may write it decides whom we believe to be WeChat, or the database.
      try TrustedFile(file).check()
      guard (try? Data(contentsOf: URL(filePath: file))) != nil else {
        throw Mismatch(
          expected: "a file that \(userName()) may read", got: "another one at \(file)",
          remedy: "run: chmod 644 \(file)")
      }
    } catch {
      reader.document.report(path, error)
    }
  }

  private static func text(of file: String) throws(Mismatch) -> String {
    guard let status = FileStatus(path: file), status.isRegular else {
      throw Mismatch(
        expected: "a configuration file", got: "none that can be seen",
        remedy: "name it with --config; `weixinpay sample-config` prints one to begin with")
    }
    // Whoever writes this file decides where the money's messages go.
    try TrustedFile(URL(filePath: file).absoluteURL.path, shownAs: file).check()
    guard let data = try? Data(contentsOf: URL(filePath: file)) else {
      throw Mismatch(
        expected: "a file that \(userName()) may read",
        got: "mode 0\(String(status.mode, radix: 8))",
        remedy: "run: chgrp \(userName()) \(file); chmod 640 \(file)")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      let valid = String(decoding: data, as: UTF8.self).prefix { $0 != "\u{FFFD}" }
      let line = valid.utf8.count { $0 == UInt8(ascii: "\n") } + 1
      throw Mismatch(
        expected: "text in UTF-8", got: "other bytes in line \(line)",
        remedy: "save the file as UTF-8; GBK, for one, is something else")
    }
    return text
  }
}

extension Mismatch {
  fileprivate init(_ refusal: APIKeyRefusal) {
    let got =
      switch refusal {
      case .length(let count): "\(count) bytes"
      case .characters: "other characters"
      case .published: "a key that is printed in manuals"
      case .weak: "a key that can be guessed"
      }
    self.init(
      expected: "an API key of 32 random letters and digits", got: got,
      remedy: "set a new key on pay.weixin.qq.com, 账户中心, API安全")
  }
}

extension Settings {
  fileprivate init(
    _ raw: RawSettings, file: String, password: Secret?, merchants: [Merchant],
    certificates: [CertificateFiles], shops: [MerchantName: ShopSettings],
    shopDatabase: ConnectionSettings?, secretFiles: [SecretPlace], doubts: [Doubt]
  ) {
    self.init(
      file: file, processes: raw.processes,
      listen: Listen(raw), database: DatabaseSettings(raw.database, password: password),
      wechat: WeChatSettings(raw),
      merchants: merchants, certificates: certificates, shops: shops, shopDatabase: shopDatabase,
      sessionLifeSeconds: raw.sessionLifetime.components.seconds,
      logFormat: raw.logFormat, secretFiles: secretFiles, doubts: doubts)
  }
}

extension Settings.Listen {
  init(_ raw: RawSettings) {
    self.init(
      api: Settings.Listener(raw.api), notify: Settings.Listener(raw.notify),
      merchant: Settings.Listener(raw.merchant), peers: raw.peers)
  }
}

extension DatabaseSettings {
  init(_ raw: RawDatabase, password: Secret?) {
    self.init(
      socket: raw.host == nil ? raw.socket : nil, host: raw.host, port: UInt16(clamping: raw.port),
      caFile: raw.caFile, name: raw.name, user: raw.user, password: password,
      connections: raw.connections)
  }
}

extension WeChatSettings {
  init(_ raw: RawSettings) {
    self.init(pay: raw.pay.map(\.origin), login: raw.login.origin, caFile: raw.wechatCAFile)
  }
}

extension Settings.Listener {
  fileprivate init(_ raw: RawListener) {
    self.init(socket: raw.socket, workers: raw.workers, deadline: raw.deadline)
  }
}

extension CertificateFiles {
  fileprivate init?(_ name: MerchantName, _ raw: RawMerchant) {
    guard let merchantID = raw.mchID, let certificate = raw.certificateFile,
      let privateKey = raw.privateKeyFile
    else { return nil }
    self.init(
      merchant: name, merchantID: merchantID, certificate: SecretFile(path: certificate),
      privateKey: SecretFile(path: privateKey))
  }
}
