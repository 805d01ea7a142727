public import MariaDB
public import Payments
public import Server
public import WeChatPay

/// What `weixinpay.yaml` says, complete and checked: there is no unusable `Settings`.
///
/// Printing it shows no secret.
public struct Settings: Sendable {
  /// The sockets that nginx connects to.
  public struct Listen: Sendable, Equatable {
    /// For the mini-program; may wait for WeChat.
    public internal(set) var api: Listener
    /// For WeChat's notifications.
    public internal(set) var notify: Listener
    /// For the shop's backend, its staff, health and metrics.
    public internal(set) var merchant: Listener
    /// The names of users that may connect, beside root and our own; some may be unknown here.
    public let peers: [String]
  }

  /// One of the three sockets and those who work behind it.
  public struct Listener: Sendable, Equatable {
    /// The socket's path.
    public let socket: String
    /// How many requests are worked on at once.
    public internal(set) var workers: Int
    /// After this time a request is answered with what is known.
    public let deadline: Duration
  }

  /// How many worker processes there are; they share the workers and the connections.
  public let processes: Int
  public internal(set) var listen: Listen
  public internal(set) var database: DatabaseSettings
  public let wechat: WeChatSettings
  /// At least one, in the order of the file; no two share both appid and mch_id.
  public let merchants: [Merchant]
  /// The certificates of those merchants that have one.
  let certificates: [CertificateFiles]
  /// How the shops want to be told what happens.
  let shops: [MerchantName: ShopSettings]
  /// The shop's own tables; `nil` when nobody changes any.
  let shopDatabase: ConnectionSettings?
  /// How long a buyer's login lasts.
  public let sessionLifeSeconds: Int64
  /// How an event is written to standard error.
  public let logFormat: LineLogHandler.Format
  /// The files of keys, certificates and passwords.
  let secretFiles: [SecretPlace]
  /// What is most likely a mistake.
  let doubts: [Doubt]

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

/// Where the database is, and the account of the service.
public struct DatabaseSettings: Sendable {
  /// The path of MariaDB's socket; `nil` when there is a host.
  public let socket: String?
  /// Another machine, reached over TLS with `caFile`.
  public let host: String?
  /// The TCP port of `host`.
  public let port: UInt16
  /// The certificates (PEM file) that prove `host`; `nil` without one.
  public let caFile: String?
  /// The database's name.
  public let name: String
  /// The account that `serve` uses.
  public let user: String
  /// `nil` when the account is the operating system's user (`unix_socket`).
  public let password: Secret?
  /// How many connections each of the three sockets opens at most.
  public internal(set) var connections: Int

  /// How `serve` connects.
  public var service: ConnectionSettings {
    connection(as: user, password: password, database: name)
  }

  /// How another account connects to the same server.
  ///
  /// - Parameter database: `nil` to connect before the database exists.
  public func connection(
    as user: String, password: Secret?, database: String?
  ) -> ConnectionSettings {
    ConnectionSettings(
      socket: socket, host: host, port: port, caFile: caFile, user: user,
      password: password?.revealed, database: database)
  }
}

/// Where WeChat is, or the simulator that stands for it.
public struct WeChatSettings: Sendable, Equatable {
  /// Base URLs of the payment API without a slash at the end, the main host first; at least one.
  public let pay: [String]
  /// Base URL of the login API.
  public let login: String
  /// A simulator's own certificates; `nil` for WeChat, which the system's certificates prove.
  public let caFile: String?
}

/// A merchant's certificate and its private key (商户API证书), as files.
struct CertificateFiles: Sendable {
  let merchant: MerchantName
  let merchantID: MerchantID
  let certificate: SecretFile
  let privateKey: SecretFile
}
