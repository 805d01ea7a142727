import MariaDB
import TestSupport
import Testing

/// X19: a connection over TCP is encrypted and to the right server, or there is none.
@Suite struct TLSTests {
  private let folder: TemporaryFolder
  private let authority: CertificateAuthority
  private let port: UInt16

  init() throws {
    folder = try TemporaryFolder()
    authority = try CertificateAuthority(in: folder.path)
    port = try freePort()
  }

  private func server(_ options: [String]) throws -> PrivateMariaDB {
    let server = try PrivateMariaDB(
      extraOptions: [
        "--skip-networking=0", "--bind-address=127.0.0.1", "--port=\(port)",
      ] + options)
    var connection = try Connection(server.settings(database: nil))
    try connection.run("CREATE USER shop@'127.0.0.1' IDENTIFIED BY 'word'")
    return server
  }

  private func settings(host: String, caFile: String?) -> ConnectionSettings {
    ConnectionSettings(
      socket: nil, host: host, port: port, caFile: caFile, user: "shop", password: "word",
      database: nil)
  }

  @Test func `a server is believed only with its name, signed by a known authority`() throws {
    let identity = try authority.server(["localhost"])
    let server = try server([
      "--ssl-cert=\(identity.certificateFile)", "--ssl-key=\(identity.privateKeyFile)",
    ])
    try withExtendedLifetime(server) {
      var connection = try Connection(
        settings(host: "localhost", caFile: authority.certificateFile))
      let row = try connection.query("SHOW STATUS LIKE 'Ssl_version'")[0]
      #expect(try row.text("Value").hasPrefix("TLSv1."))

      // What TLS sends unasked must not make a connection look closed.
      let database = Database(
        settings(host: "localhost", caFile: authority.certificateFile), connections: 1)
      let ids = try (0..<5).map { _ in
        try database.withConnection(until: .now + .seconds(30)) { connection in
          try connection.query("SELECT CONNECTION_ID() AS id")[0].integer("id")
        }
      }
      #expect(Set(ids).count == 1)

      let stranger = try CertificateAuthority(in: folder.path, name: "stranger")
      for (host, caFile) in [
        ("127.0.0.1", authority.certificateFile), ("localhost", stranger.certificateFile),
        ("localhost", nil),
      ] {
        let error = #expect(throws: MariaDBError.self, "\(host) \(caFile ?? "")") {
          _ = try Connection(settings(host: host, caFile: caFile))
        }
        #expect(error?.kind == .other)
      }
    }
  }

  @Test func `a server without TLS is refused`() throws {
    let server = try server(["--skip-ssl"])
    withExtendedLifetime(server) {
      let error = #expect(throws: MariaDBError.self) {
        _ = try Connection(settings(host: "127.0.0.1", caFile: authority.certificateFile))
      }
      #expect(error?.kind == .other)
      #expect(error?.message.contains("word") == false)
    }
  }
}
