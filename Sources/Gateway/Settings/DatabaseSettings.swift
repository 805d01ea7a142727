public import MariaDB

/// Where the database is, and the account of the service.
public struct DatabaseSettings: Sendable {
  /// The path of MariaDB's socket; `nil` when there is a host.
  public let socket: String?
  /// Another machine, reached over TLS with `caFile`.
  public let host: String?
  public let port: UInt16
  public let caFile: String?
  /// The database's name.
  public let name: String
  /// The account that `serve` uses.
  public let user: String
  /// `nil` when the account is the operating system's user (`unix_socket`).
  public let password: Password?
  /// How many connections each of the three sockets opens at most.
  public let connections: Int

  /// How `serve` connects.
  public var service: ConnectionSettings {
    connection(as: user, password: password, database: name)
  }

  /// How another account connects to the same server.
  ///
  /// - Parameter database: `nil` to connect before the database exists.
  public func connection(
    as user: String, password: Password?, database: String?
  ) -> ConnectionSettings {
    ConnectionSettings(
      socket: socket, host: host, port: port, caFile: caFile, user: user,
      password: password?.revealed, database: database)
  }
}
