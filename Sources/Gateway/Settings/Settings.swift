public import Payments
public import WeChatPay

/// What `weixinpay.yaml` says, complete and checked: there is no unusable `Settings`.
///
/// Printing it shows no secret.
public struct Settings: Sendable {
  /// The sockets that nginx connects to.
  public struct Listen: Sendable, Equatable {
    /// For the mini-program; may wait for WeChat.
    public let api: Listener
    /// For WeChat's notifications.
    public let notify: Listener
    /// For the shop's backend, its staff, health and metrics.
    public let merchant: Listener
    /// The names of users that may connect, beside root and our own; some may be unknown here.
    public let peers: [String]
  }

  /// One of the three sockets and those who work behind it.
  public struct Listener: Sendable, Equatable {
    /// The socket's path.
    public let socket: String
    /// How many requests are worked on at once.
    public let workers: Int
    /// After this time a request is answered with what is known.
    public let deadline: Duration
  }

  public let listen: Listen
  public let database: DatabaseSettings
  public let wechat: WeChatSettings
  /// At least one, in the order of the file; no two share both appid and mch_id.
  public let merchants: [Merchant]
  /// The certificates of those merchants that have one.
  let certificates: [CertificateFiles]
  /// How long a buyer's login lasts.
  public let sessionLifeSeconds: Int64
  public let logFormat: LogFormat

  /// - Returns: `nil` when no merchant has this name.
  public func merchant(_ name: MerchantName) -> Merchant? {
    merchants.first { $0.name == name }
  }

  /// Reads a configuration file and the secret files that it names.
  ///
  /// - Throws: every fault of the file at once.
  public static func read(file: String) throws(SettingsFaults) -> Settings {
    var builder = SettingsBuilder(file: file)
    guard let settings = builder.build() else {
      throw SettingsFaults(faults: builder.faults)
    }
    return settings
  }
}
