/// Where a MariaDB server is and who asks.
package struct ConnectionSettings: Sendable {
  /// The path of a unix socket; wins over `host`.
  package let socket: String?
  /// A host name or address. The connection is made by TLS and the certificate must carry this name.
  package let host: String?
  /// The TCP port; 0 is MariaDB's own, 3306.
  package let port: UInt16
  /// A PEM file of the certificate authorities to trust for `host`; `nil` trusts the system's.
  package let caFile: String?
  /// The account at the server.
  package let user: String
  /// `nil` for an account that logs in as the operating system's user (`unix_socket`).
  package let password: String?
  /// The database in which unqualified names are looked up.
  package let database: String?
  /// How long to wait for the answer to one statement. Serving requests needs it short; a migration
  /// that rebuilds a table needs it longer.
  package var statementLimit: Duration = .seconds(2)
  /// Whether `execute` counts rows that were found, also those that already were as the statement
  /// wants them (CLIENT_FOUND_ROWS).
  package var countsFoundRows = false

  package init(
    socket: String?, host: String?, port: UInt16, caFile: String?, user: String, password: String?,
    database: String?
  ) {
    self.socket = socket
    self.host = host
    self.port = port
    self.caFile = caFile
    self.user = user
    self.password = password
    self.database = database
  }
}

extension ConnectionSettings: CustomStringConvertible {
  /// Where and who, never the password: settings end up in messages.
  package var description: String {
    "\(user) at \(socket ?? host ?? "no server"), database \(database ?? "none")"
  }
}
