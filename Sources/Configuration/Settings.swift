package import MariaDB
package import Payments
package import Server
package import WeChatPay

/// What `weixinpay.yaml` says, complete and checked: there is no unusable `Settings`.
///
/// Printing it shows no secret.
package struct Settings: Sendable {
  /// The sockets that nginx connects to.
  package struct Listen: Sendable, Equatable {
    /// For the mini-program; may wait for WeChat.
    package internal(set) var api: Listener
    /// For WeChat's notifications.
    package internal(set) var notify: Listener
    /// For the shop's backend, its staff, health and metrics.
    package internal(set) var merchant: Listener
    /// The names of users that may connect, beside root and our own; some may be unknown here.
    package let peers: [String]
  }

  /// One of the three sockets and those who work behind it.
  package struct Listener: Sendable, Equatable {
    /// The socket's path.
    package let socket: String
    /// How many requests are worked on at once.
    package internal(set) var workers: Int
    /// After this time a request is answered with what is known.
    package let deadline: Duration
  }

  /// The configuration file, as it was named on the command line.
  package let file: String
  /// How many worker processes there are; they share the workers and the connections.
  package let processes: Int
  package internal(set) var listen: Listen
  package internal(set) var database: DatabaseSettings
  package let wechat: WeChatSettings
  /// At least one, in the order of the file; no two share both appid and mch_id.
  package let merchants: [Merchant]
  /// The certificates of those merchants that have one.
  package let certificates: [CertificateFiles]
  /// How the shops want to be told what happens.
  package let shops: [MerchantName: ShopSettings]
  /// The shop's own tables; `nil` when nobody changes any.
  package let shopDatabase: ConnectionSettings?
  /// How long a buyer's login lasts.
  package let sessionLifeSeconds: Int64
  /// How an event is written to standard error.
  package let logFormat: LineLogHandler.Format
  /// The files of keys, certificates and passwords.
  package let secretFiles: [SecretPlace]
  /// What is most likely a mistake.
  package let doubts: [Doubt]

  /// - Returns: `nil` when no merchant has this name.
  package func merchant(_ name: MerchantName) -> Merchant? {
    merchants.first { $0.name == name }
  }

  /// Reads a configuration file and the secret files that it names.
  ///
  /// - Throws: every fault of the file at once.
  package static func read(file: String) throws(SettingsFaults) -> Settings {
    switch examine(file: file) {
    case .complete(let settings): return settings
    case .faulty(let faults, _): throw SettingsFaults(faults: faults)
    }
  }

  /// Reads a configuration file, and makes what can be made of it.
  package static func examine(file: String) -> ExaminedSettings {
    var builder = SettingsBuilder(file: file)
    guard let settings = builder.build() else { return .faulty(builder.faults, builder.sound) }
    return .complete(settings)
  }
}

/// Where the database is, and the account of the service.
package struct DatabaseSettings: Sendable {
  /// The path of MariaDB's socket; `nil` when there is a host.
  package let socket: String?
  /// Another machine, reached over TLS with `caFile`.
  package let host: String?
  /// The TCP port of `host`.
  package let port: UInt16
  /// The certificates (PEM file) that prove `host`; `nil` without one.
  package let caFile: String?
  /// The database's name.
  package let name: String
  /// The account that `serve` uses.
  package let user: String
  /// `nil` when the account is the operating system's user (`unix_socket`).
  package let password: Secret?
  /// How many connections each of the three sockets opens at most.
  package internal(set) var connections: Int

  /// How `serve` connects.
  package var service: ConnectionSettings {
    connection(as: user, password: password, database: name)
  }

  /// How another account connects to the same server.
  ///
  /// - Parameter database: `nil` to connect before the database exists.
  package func connection(
    as user: String, password: Secret?, database: String?
  ) -> ConnectionSettings {
    ConnectionSettings(
      socket: socket, host: host, port: port, caFile: caFile, user: user,
      password: password?.revealed, database: database)
  }
}

/// Where WeChat is, or the simulator that stands for it.
package struct WeChatSettings: Sendable, Equatable {
  /// Base URLs of the payment API without a slash at the end, the main host first; at least one.
  package let pay: [String]
  /// Base URL of the login API.
  package let login: String
  /// A simulator's own certificates; `nil` for WeChat, which the system's certificates prove.
  package let caFile: String?
}

/// A merchant's certificate and its private key (商户API证书), as files.
package struct CertificateFiles: Sendable {
  package let merchant: MerchantName
  package let merchantID: MerchantID
  package let certificate: SecretFile
  package let privateKey: SecretFile
}
