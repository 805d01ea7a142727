import MariaDB
import Payments

/// How the shop is told: what must hold between its settings, and what they come to.
extension SettingsBuilder {
  /// What of it is unusable is reported and left out.
  mutating func shop(_ name: MerchantName, _ raw: RawMerchant) -> ShopSettings {
    let parent = "merchants.\(name)"
    checkAddresses(raw, at: parent)
    checkReadable("\(parent).private_ca_file", raw.privateCAFile)
    var statements: [ShopEvent: [ShopStatement]] = [:]
    for event in ShopEvent.allCases {
      let texts = raw.shopTables[event] ?? []
      let read = texts.compactMap {
        statement($0, event, at: "\(parent).shop_tables.\(event.rawValue)")
      }
      if !read.isEmpty { statements[event] = read }
    }
    return ShopSettings(
      webhook: webhook(raw.webhook, at: "\(parent).webhook"),
      relay: .init(paymentURL: raw.relay.paymentURL, refundURL: raw.relay.refundURL),
      statements: statements, privateHosts: raw.privateHosts, privateCAFile: raw.privateCAFile)
  }

  private mutating func statement(
    _ text: String, _ event: ShopEvent, at path: String
  ) -> ShopStatement? {
    do {
      return try ShopStatement(text, for: event)
    } catch {
      let start = text.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(40)
      reader.document.report(
        path,
        Mismatch(
          expected: error.expected, got: "\(error.got) in \(String(start).debugDescription)",
          remedy: error.remedy))
      return nil
    }
  }

  private mutating func webhook(_ raw: RawWebhook, at parent: String) -> ShopSettings.Webhook? {
    let keys = [("key_file", raw.keyFile), ("previous_key_file", raw.previousKeyFile)].compactMap {
      key("\(parent).\($0)", $1)
    }
    switch (raw.url, raw.keyFile) {
    case (let url?, _?):
      return ShopSettings.Webhook(
        url: url, keys: keys, events: Set(raw.events ?? ShopEvent.allCases))
    case (nil, nil):
      if raw.previousKeyFile != nil { lack("\(parent).key_file", beside: "previous_key_file") }
      return nil
    case (_?, nil):
      lack("\(parent).key_file", beside: "url")
      return nil
    case (nil, _?):
      lack("\(parent).url", beside: "key_file")
      return nil
    }
  }

  private mutating func key(_ path: String, _ file: String?) -> WebhookKey? {
    guard let text = secret(path, file) else { return nil }
    guard let key = WebhookKey(text) else {
      reader.document.report(
        path,
        Mismatch(
          expected: "whsec_ and 24 to 64 bytes in base64", got: "another text",
          remedy: "make one: echo whsec_$(openssl rand -base64 32)"))
      return nil
    }
    return key
  }

  private mutating func lack(_ path: String, beside other: String) {
    guard reader.document.isSound(path) else { return }
    reader.document.report(
      path,
      Mismatch(
        expected: "a value, as \(other) is given", got: "nothing", remedy: "give both, or neither"))
  }

  /// Whoever writes the settings decides whom the gateway may reach: the hosts that are named, and
  /// in our own network only those that are named twice.
  private mutating func checkAddresses(_ raw: RawMerchant, at parent: String) {
    let targets = [
      ("\(parent).webhook.url", raw.webhook.url),
      ("\(parent).relay.payment_url", raw.relay.paymentURL),
      ("\(parent).relay.refund_url", raw.relay.refundURL),
    ]
    for case (let path, let address?) in targets where !raw.privateHosts.contains(address.host) {
      guard address.isPlainHTTP || !address.isPublic else { continue }
      reader.document.report(
        path,
        Mismatch(
          expected: "https to a public host, or a host of private_hosts", got: address.text,
          remedy: "use https, or add \(address.host) to \(parent).private_hosts"))
    }
    for case (let path, let address?) in targets
    where [raw.notifyURL.text, raw.refundNotifyURL?.text].contains(address.text) {
      reader.document.report(
        path,
        Mismatch(
          expected: "an address of the shop's own", got: "the gateway's",
          remedy: "name the script that WeChat reached before"))
    }
    let hosts = targets.compactMap { $0.1?.host }
    let strangers = raw.privateHosts.filter { !hosts.contains($0) }
    if !strangers.isEmpty, reader.document.isSound("\(parent).private_hosts") {
      reader.document.report(
        "\(parent).private_hosts",
        Mismatch(
          expected: "hosts of webhook and relay", got: strangers.joined(separator: ", "),
          remedy: "remove what is not in their addresses"))
    }
    if raw.privateCAFile != nil, raw.privateHosts.isEmpty {
      reader.document.report(
        "\(parent).private_ca_file",
        Mismatch(
          expected: "nothing without private_hosts", got: "a file",
          remedy: "remove it: public hosts are proven by the system's certificates"))
    }
  }

  /// - Parameter isNeeded: whether there are statements for it.
  mutating func shopDatabase(_ raw: RawSettings, isNeeded: Bool) -> ConnectionSettings? {
    let shop = raw.shopDatabase
    let password = secret("shop_database.password_file", shop.passwordFile)
    checkReadable("shop_database.ca_file", shop.caFile)
    if shop.host != nil, shop.caFile == nil { lack("shop_database.ca_file", beside: "host") }
    if shop.host != nil, shop.socket != nil {
      reader.document.report(
        "shop_database.socket",
        Mismatch(expected: "either socket or host", got: "both", remedy: "keep one of them"))
    }
    guard isNeeded else { return nil }
    for (key, value) in [("name", shop.name), ("user", shop.user)] where value == nil {
      lack("shop_database.\(key)", beside: "shop_tables")
    }
    guard let name = shop.name, let user = shop.user else { return nil }
    let own = raw.database
    // Neither socket nor host: the server that the gateway itself uses.
    let isOwn = shop.socket == nil && shop.host == nil
    return ConnectionSettings(
      socket: isOwn && own.host == nil ? own.socket : shop.socket,
      host: isOwn ? own.host : shop.host,
      port: UInt16(clamping: isOwn ? own.port : shop.port),
      caFile: isOwn ? own.caFile : shop.caFile, user: user, password: password, database: name)
  }
}
