import Curl
import Foundation
import Pooling
import TestSupport

@testable import WeChatPay

/// Stand-ins for WeChat's hosts, and a gateway's list of hosts that trusts their authority.
struct StandIns {
  let folder: TemporaryFolder
  private let authority: CertificateAuthority

  init() throws {
    folder = try TemporaryFolder()
    authority = try CertificateAuthority(in: folder.path)
  }

  func host(_ answers: [String: StandIn.Answer]) throws -> StandIn {
    try StandIn(answers, authority: authority)
  }

  func hosts(_ urls: String...) -> WeChatHosts {
    let options = SessionOptions(caFile: authority.certificateFile)
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
    /// Reads the request and closes the connection.
    case hangUp
  }

  let url: String
  private let folder: TemporaryFolder
  private let process: ChildProcess

  /// - Parameter authority: signs the certificate for 127.0.0.1.
  init(_ answers: [String: Answer], authority: CertificateAuthority) throws {
    let identity = try authority.server(["127.0.0.1"])
    let started = try Nginx.start(ports: 2) { folder, ports in
      var (fronts, backs) = ("", "")
      for (path, answer) in answers {
        switch answer {
        case .hangUp: fronts += "location = \(path) { return 444; }\n"
        case .page(let status, let body):
          let file = "answer\(path.replacingOccurrences(of: "/", with: "-"))"
          try Data(body).write(to: URL(fileURLWithPath: folder.file(file)))
          // nginx serves no file in answer to a POST, but does as the page of an error.
          backs += """
            location = \(path) { error_page 405 =\(status) /\(file); return 405; }
            location = /\(file) { root \(folder.path); }

            """
        }
      }
      return Self.configuration(identity, front: (ports[0], fronts), back: (ports[1], backs))
    }
    url = "https://127.0.0.1:\(started.ports[0])"
    process = started.process
    folder = started.folder
  }

  /// The requests that arrived: method, path with query, body.
  var received: [(line: String, body: String)] {
    let log = (try? String(contentsOfFile: folder.file("requests.log"), encoding: .utf8)) ?? ""
    return log.split(separator: "\n").map { line in
      let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      return (parts.prefix(2).joined(separator: " "), String(parts.last ?? ""))
    }
  }

  func waitForRequests(_ count: Int) throws {
    try eventually("\(count) requests") { received.count >= count }
  }

  /// The body is logged by a server that passes it on: one that answers itself does not read it.
  private static func configuration(
    _ identity: CertificateAuthority.Identity,
    front: (port: UInt16, locations: String), back: (port: UInt16, locations: String)
  ) -> String {
    """
    client_body_buffer_size 128k;
    log_format requests escape=none '$request_method $request_uri $request_body';
    server {
      listen 127.0.0.1:\(front.port) ssl;
      ssl_certificate \(identity.certificateFile);
      ssl_certificate_key \(identity.privateKeyFile);
      access_log requests.log requests;
      location / { proxy_pass http://127.0.0.1:\(back.port); }
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
