import Curl
import Foundation
import Pooling
import TestSupport

@testable import WeChatPay

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
    let folder = try TemporaryFolder()
    let identity = try authority.server(["127.0.0.1"])
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
    var attempt = 1
    while true {
      let (front, back) = (try freePort(), try freePort())
      try folder.write(
        Self.configuration(folder, identity, front: (front, fronts), back: (back, backs)),
        to: "nginx.conf")
      let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
      let log = folder.file("error.log")
      let process = try ChildProcess.start(
        "nginx", ["-p", folder.path, "-c", folder.file("nginx.conf"), "-e", log],
        environment: ["PATH": "\(path):/usr/local/sbin:/usr/sbin:/sbin"], log: log,
        removing: folder)
      do {
        try eventually("nginx") {
          guard process.isRunning else { throw TestSupportError("nginx ended at once") }
          return FileManager.default.fileExists(atPath: folder.file("nginx.pid"))
        }
      } catch {
        attempt += 1
        // Another process may have taken a port meanwhile.
        guard attempt <= 3 else { throw error }
        continue
      }
      url = "https://127.0.0.1:\(front)"
      self.process = process
      self.folder = folder
      return
    }
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
    _ folder: TemporaryFolder, _ identity: CertificateAuthority.Identity,
    front: (port: UInt16, locations: String), back: (port: UInt16, locations: String)
  ) -> String {
    """
    \(geteuid() == 0 ? "user root;" : "")
    daemon off;
    worker_processes 1;
    pid nginx.pid;
    events {}
    http {
      client_body_temp_path body;
      proxy_temp_path proxy;
      fastcgi_temp_path fastcgi;
      scgi_temp_path scgi;
      uwsgi_temp_path uwsgi;
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
    }
    """
  }
}
