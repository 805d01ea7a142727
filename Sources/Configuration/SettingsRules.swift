import Payments

/// What must hold between settings that are each sound by themselves.
extension SettingsDocument {
  /// The three sockets are three places.
  mutating func checkSockets(_ settings: RawSettings) {
    let sockets = [
      ("listen.api.socket", settings.api.socket),
      ("listen.notify.socket", settings.notify.socket),
      ("listen.merchant.socket", settings.merchant.socket),
    ]
    for (index, (path, socket)) in sockets.enumerated() {
      guard let other = sockets[..<index].first(where: { $0.1 == socket }), isSound(path)
      else { continue }
      report(
        path,
        Mismatch(
          expected: "a socket of its own", got: "that of \(other.0)", remedy: "name another path"))
    }
  }

  /// Another machine's MariaDB must prove itself, and a socket is on this machine only.
  mutating func checkDatabase(_ database: RawDatabase) {
    let (host, ca) = ("database.host", "database.ca_file")
    if isGiven(host), isGiven("database.socket") {
      report(
        "database.socket",
        Mismatch(
          expected: "either socket or host", got: "both",
          remedy: "remove socket for MariaDB on another machine, else host"))
    }
    if isGiven(host), !isGiven(ca) {
      report(
        ca,
        Mismatch(
          expected: "the certificates that prove \(database.host ?? "the host")", got: "nothing",
          remedy: "add ca_file, or use socket for MariaDB on this machine"))
    }
    if !isGiven(host), isGiven(ca) {
      report(
        ca,
        Mismatch(
          expected: "nothing beside socket", got: "a file",
          remedy: "remove ca_file, or give host"))
    }
  }

  /// WeChat's hosts are taken only by the system's certificates, a simulator only by its own: then
  /// a test cannot send a real refund, nor the real shop ask a simulator whether it was paid.
  mutating func checkHosts(_ settings: RawSettings) {
    let isSimulated = settings.wechatCAFile != nil
    let hosts =
      settings.pay.map { ("wechat.pay", $0) } + [("wechat.login", settings.login)]
    for (path, address) in hosts
    where isSound(path) && isSound("wechat.ca_file") && address.isWeChat == isSimulated {
      report(
        path,
        isSimulated
          ? Mismatch(
            expected: "the simulator's host, as ca_file is given", got: address.text,
            remedy: "remove ca_file, or name the simulator")
          : Mismatch(
            expected: "a host of weixin.qq.com or wechatpay.cn", got: address.text,
            remedy: "correct it, or give ca_file if it is a simulator"))
    }
  }

  /// WeChat calls over the internet and at port 443.
  mutating func checkCallback(_ path: String, _ address: WebAddress, isSimulated: Bool) {
    guard !isSimulated, isGiven(path), isSound(path) else { return }
    if address.port != nil {
      report(
        path,
        Mismatch(
          expected: "an address without a port", got: address.text,
          remedy: "let nginx listen on 443, and remove the port"))
    } else if !address.isPublic {
      report(
        path,
        Mismatch(
          expected: "a host that WeChat reaches over the internet", got: address.text,
          remedy: "give the site's public name"))
    }
  }

  /// Certificate and key are halves of one thing.
  mutating func checkPair(_ merchant: RawMerchant, at parent: String) {
    let halves = [
      ("certificate_file", merchant.certificateFile), ("private_key_file", merchant.privateKeyFile),
    ]
    guard let absent = halves.first(where: { $0.1 == nil }),
      let present = halves.first(where: { $0.1 != nil })
    else { return }
    report(
      "\(parent).\(absent.0)",
      Mismatch(
        expected: "a file, as \(present.0) is given", got: "nothing",
        remedy: "name both files of the download from pay.weixin.qq.com, or neither"))
  }

  /// A notification tells its merchant by appid and mch_id.
  mutating func checkUnique(_ merchants: [(name: MerchantName, raw: RawMerchant)]) {
    for (index, merchant) in merchants.enumerated() {
      guard let appID = merchant.raw.appID, let mchID = merchant.raw.mchID,
        let other = merchants[..<index].first(where: {
          $0.raw.appID == appID && $0.raw.mchID == mchID
        })
      else { continue }
      report(
        "merchants.\(merchant.name).mch_id",
        Mismatch(
          expected: "a pair of appid and mch_id of its own",
          got: "\(appID) and \(mchID) as for \(other.name)", remedy: "keep one of the two entries"))
    }
  }

  mutating func checkMerchants() {
    guard merchants.isEmpty, isSound("merchants") else { return }
    report(
      "merchants",
      Mismatch(
        expected: "at least one merchant", got: "none",
        remedy: "`weixinpay sample-config` shows what one looks like"))
  }

  func isGiven(_ path: String) -> Bool { self[path].map { !$0.isNull } ?? false }
}
