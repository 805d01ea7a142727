package import Checkout
package import Configuration
import Curl
import Linux
import Logging
package import MariaDB
import Payments
import Pooling
import Server
import WeChatPay

extension Services {
  /// - Throws: when a certificate or key cannot be read.
  init(_ settings: Settings, _ database: Database, _ logger: Logger) throws {
    self.init(
      settings, database, hosts: settings.weChatHosts, identities: try settings.identitySessions(),
      logger)
  }

  init(
    _ settings: Settings, _ database: Database, hosts: WeChatHosts,
    identities: [MerchantName: Pool<Session>], _ logger: Logger
  ) {
    self.init(
      database: database, merchants: settings.merchants, hosts: hosts, identities: identities,
      logger: logger)
  }

  /// What one command works with: few connections, and no log but of trouble, as a command prints
  /// what it has done.
  ///
  /// - Throws: when a certificate or key cannot be read.
  package static func ofCommand(_ settings: Settings, _ database: Database) throws -> Services {
    LoggingSystem.bootstrap { _ in
      LineLogHandler(format: settings.logFormat, logLevel: .warning)
    }
    Signals.ignoreBrokenPipe()
    return try Services(settings, database, Logger(label: "weixinpay"))
  }
}

extension Settings {
  /// root, ourselves, and nginx's workers under whichever name they run here.
  var allowedUserIDs: Set<UInt32> {
    Set([0, effectiveUserID()] + listen.peers.compactMap(userID(named:)))
  }

  /// As many sessions as workers may wait for WeChat at once; a quarter of the buyers' workers may
  /// wait for a login.
  var weChatHosts: WeChatHosts {
    wechat.hosts(
      sessions: listen.api.workers + listen.merchant.workers + Settings.dutyWorkers,
      loginSessions: max(1, listen.api.workers / 4))
  }
}

extension WeChatSettings {
  /// - Parameters:
  ///   - sessions: how many calls may be under way at once.
  ///   - loginSessions: how many logins.
  func hosts(sessions: Int, loginSessions: Int) -> WeChatHosts {
    let options = SessionOptions(caFile: caFile)
    func pool(_ capacity: Int) -> Pool<Session> {
      Pool(capacity: capacity) { try Session(options) }
    }
    return WeChatHosts(
      pay: pay, login: login, sessions: pool(sessions), loginSessions: pool(loginSessions))
  }
}

extension Settings {
  /// The sessions of each merchant that has a certificate. Certificate and key are read once, here.
  ///
  /// Few at once: WeChat wants no simultaneous refunds of one buyer, and each call has its own
  /// connection anyway.
  func identitySessions() throws -> [MerchantName: Pool<Session>] {
    let options = SessionOptions(caFile: wechat.caFile)
    let pools = try certificates.map { files in
      let refunding = options.forRefunds(
        as: ClientIdentity(
          certificate: Array(try files.certificate.text().utf8),
          privateKey: Array(try files.privateKey.text().utf8)))
      return (files.merchant, Pool<Session>(capacity: 8) { try Session(refunding) })
    }
    return Dictionary(uniqueKeysWithValues: pools)
  }
}
