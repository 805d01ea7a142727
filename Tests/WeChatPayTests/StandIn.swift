import Curl
import Foundation
import Pooling
import TestSupport

@testable import WeChatPay

/// Stand-ins for WeChat's hosts, and a gateway's list of hosts that trusts their authority.
struct StandIns {
  let folder: TemporaryFolder
  let authority: CertificateAuthority

  init() throws {
    folder = try TemporaryFolder()
    authority = try CertificateAuthority(in: folder.path)
  }

  func host(
    _ answers: [String: StandIn.Answer], demandsCertificate: Bool = false
  ) throws -> StandIn {
    try StandIn(answers, authority: authority, demandsCertificate: demandsCertificate)
  }

  private var options: SessionOptions { SessionOptions(caFile: authority.certificateFile) }

  /// Sessions that show a certificate of a merchant.
  func identitySessions(_ identity: CertificateAuthority.Identity) -> Pool<Session> {
    let options = options.forRefunds(
      as: ClientIdentity(certificate: identity.certificate, privateKey: identity.privateKey))
    return Pool(capacity: 2) { try Session(options) }
  }

  /// Sessions that show none, where they should.
  var anonymousSessions: Pool<Session> { Pool(capacity: 2) { [options] in try Session(options) } }

  func hosts(_ urls: String...) -> WeChatHosts {
    let options = options
    return WeChatHosts(
      pay: urls, login: urls[0], sessions: Pool(capacity: 2) { try Session(options) },
      loginSessions: Pool(capacity: 2) { try Session(options) })
  }

  /// The address of a host that nobody answers at.
  func deadURL() throws -> String { "https://127.0.0.1:\(try freePort())" }
}

/// A host that answers each path with what a test gave it, over TLS: an nginx.
///
/// It decides nothing and knows no protocol; what a test signs comes back as it is.
final class StandIn: Sendable {
  enum Answer: Sendable {
    case page(status: Int = 200, [UInt8])
    /// The page beside a text that the request holds; the one beside "" for any other.
    case pages([String: [UInt8]])
    /// Reads the request and closes the connection.
    case hangUp
  }

  let url: String
  private let folder: TemporaryFolder
  private let process: ChildProcess

  /// - Parameters:
  ///   - authority: signs the certificate for 127.0.0.1, and those of clients.
  ///   - demandsCertificate: whether nginx turns away whoever shows no certificate or a wrong one,
  ///     as WeChat's does.
  init(
    _ answers: [String: Answer], authority: CertificateAuthority, demandsCertificate: Bool = false
  ) throws {
    let identity = try authority.server(["127.0.0.1"])
    let started = try Nginx.start(ports: 2) { folder, ports in
      var (maps, fronts, backs) = ("", "", "")
      for (path, answer) in answers {
        let name = "answer\(path.replacingOccurrences(of: "/", with: "_"))"
        func place(_ page: [UInt8], number: Int) throws {
          try Data(page).write(to: URL(fileURLWithPath: folder.file("\(name)\(number)")))
          backs += "location = /\(name)\(number) { root \(folder.path); }\n"
        }
        // nginx serves no file in answer to a POST, but does as the page of an error.
        switch answer {
        case .hangUp: fronts += "location = \(path) { return 444; }\n"
        case .page(let status, let page):
          try place(page, number: 0)
          backs += "location = \(path) { error_page 405 =\(status) /\(name)0; return 405; }\n"
        case .pages(let pages):
          var choices = ""
          for (number, (text, page)) in pages.enumerated() {
            try place(page, number: number)
            let pattern = NSRegularExpression.escapedPattern(for: text)
            choices += text.isEmpty ? "default \(number);\n" : "\"~\(pattern)\" \(number);\n"
          }
          maps += "map $http_x_body $\(name) {\n\(choices)}\n"
          backs += "location = \(path) { error_page 405 =200 /\(name)$\(name); return 405; }\n"
        }
      }
      let clients =
        demandsCertificate
        ? "ssl_verify_client on; ssl_client_certificate \(authority.certificateFile);"
        : "ssl_verify_client optional_no_ca;"
      return Self.configuration(
        identity, clients: clients, maps: maps, front: (ports[0], fronts), back: (ports[1], backs))
    }
    url = "https://127.0.0.1:\(started.ports[0])"
    process = started.process
    folder = started.folder
  }

  /// The requests that arrived: method, path with query, body, and whether a certificate was shown.
  var received: [(line: String, body: String, showedCertificate: Bool)] {
    let log = (try? String(contentsOfFile: folder.file("requests.log"), encoding: .utf8)) ?? ""
    return log.split(separator: "\n").map { line in
      let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      return (
        parts.dropFirst().prefix(2).joined(separator: " "), String(parts.last ?? ""),
        parts.first?.isEmpty == false
      )
    }
  }

  func waitForRequests(_ count: Int) throws {
    try eventually("\(count) requests") { received.count >= count }
  }

  /// Ends the host: nobody listens at its address any more.
  func stop() throws {
    process.terminate()
    try process.wait()
  }

  /// The body is logged by a server that passes it on: one that answers itself does not read it.
  private static func configuration(
    _ identity: CertificateAuthority.Identity, clients: String, maps: String,
    front: (port: UInt16, locations: String), back: (port: UInt16, locations: String)
  ) -> String {
    """
    client_body_buffer_size 128k;
    log_format requests escape=none
      '$ssl_client_serial $request_method $request_uri $request_body';
    \(maps)
    server {
      listen 127.0.0.1:\(front.port) ssl;
      ssl_certificate \(identity.certificateFile);
      ssl_certificate_key \(identity.privateKeyFile);
      \(clients)
      access_log requests.log requests;
      location / {
        proxy_pass http://127.0.0.1:\(back.port);
        # The answering server does not read bodies either.
        proxy_set_header X-Body $request_body;
      }
      \(front.locations)
    }
    server {
      listen 127.0.0.1:\(back.port);
      access_log off;
      default_type text/plain;
      \(back.locations)
    }
    """
  }
}
