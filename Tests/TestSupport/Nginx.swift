import Foundation

/// A real nginx on free ports of 127.0.0.1, with the package's own configuration: the shop's site
/// with `nginx/weixinpay.conf` unchanged, WeChat's hosts after `nginx/simulator.conf`, or both.
package final class Nginx: Sendable {
  /// The site of the shop, over TLS.
  package struct Shop: Sendable {
    /// The folder of the gateway's sockets: `api.sock`, `notify.sock`, `merchant.sock`.
    package let socketFolder: String
    package let certificate: CertificateAuthority.Identity
    /// What else stands in the site's `server {}`, before our locations.
    package let siteConfiguration: String
    /// What else stands in `http {}`.
    package let httpConfiguration: String
    /// The file of `nginx/` that holds our locations.
    package let locations: String

    package init(
      socketFolder: String, certificate: CertificateAuthority.Identity,
      siteConfiguration: String = "", httpConfiguration: String = "",
      locations: String = "weixinpay.conf"
    ) {
      self.socketFolder = socketFolder
      self.certificate = certificate
      self.siteConfiguration = siteConfiguration
      self.httpConfiguration = httpConfiguration
      self.locations = locations
    }
  }

  /// WeChat's hosts, over TLS.
  package struct Simulator: Sendable {
    /// The simulator's socket.
    package let socket: String
    package let certificate: CertificateAuthority.Identity
    /// The authority (PEM file) whose client certificates `/secapi/` accepts.
    package let clientAuthorityFile: String

    package init(
      socket: String, certificate: CertificateAuthority.Identity, clientAuthorityFile: String
    ) {
      self.socket = socket
      self.certificate = certificate
      self.clientAuthorityFile = clientAuthorityFile
    }
  }

  /// `https://127.0.0.1:<port>` of the shop's site.
  package let shopURL: String
  /// `https://127.0.0.1:<port>` of WeChat's hosts.
  package let simulatorURL: String
  /// Where nginx writes its errors.
  package let errorLog: String

  private let folder: TemporaryFolder
  private let process: ChildProcess

  /// Starts nginx and returns once it listens.
  ///
  /// - Parameter connections: how many it can have open, to both sides together.
  /// - Throws: `TestSupportError` with nginx's error log when it does not start.
  package init(
    shop: Shop? = nil, simulator: Simulator? = nil, connections: Int = 1024
  ) throws {
    let started = try Self.start(ports: 2, connections: connections) { folder, ports in
      try Self.configuration(
        folder, shop: shop.map { ($0, ports[0]) }, simulator: simulator.map { ($0, ports[1]) })
    }
    process = started.process
    folder = started.folder
    errorLog = folder.file("error.log")
    shopURL = "https://127.0.0.1:\(started.ports[0])"
    simulatorURL = "https://127.0.0.1:\(started.ports[1])"
  }

  /// Has nginx read its configuration again and returns once new workers serve.
  ///
  /// - Throws: `TestSupportError` when no new worker comes.
  package func reload() throws {
    let before = try workers()
    process.send(SIGHUP)
    try eventually("a new nginx worker") { try !workers().isSubset(of: before) }
  }

  /// Ends nginx without waiting for requests.
  package func stop() throws {
    process.terminate()
    try process.wait()
  }

  private func workers() throws -> Set<Substring> {
    let children = "/proc/\(process.pid)/task/\(process.pid)/children"
    return Set(try String(contentsOfFile: children, encoding: .utf8).split(separator: " "))
  }
}

extension Nginx {
  /// An nginx that listens, with the folder it lives in and its ports of 127.0.0.1.
  package typealias Started = (process: ChildProcess, folder: TemporaryFolder, ports: [UInt16])

  /// Starts nginx on free ports and returns once it listens.
  ///
  /// - Parameters:
  ///   - count: how many ports it needs.
  ///   - http: what stands in its `http {}`, given its folder and ports.
  /// - Throws: `TestSupportError` with nginx's error log when it does not start.
  package static func start(
    ports count: Int, connections: Int = 1024,
    http: (TemporaryFolder, [UInt16]) throws -> String
  ) throws -> Started {
    // Between the choice of a port and nginx's listening on it another process may take the port.
    var attempt = 1
    while true {
      let folder = try TemporaryFolder()
      let ports = try (0..<count).map { _ in try freePort() }
      try folder.write(main(http: http(folder, ports), connections: connections), to: "nginx.conf")
      do {
        return (try start(in: folder), folder, ports)
      } catch {
        guard attempt < 3, error.description.contains("Address already in use") else { throw error }
        attempt += 1
      }
    }
  }

  private static func start(in folder: TemporaryFolder) throws(TestSupportError) -> ChildProcess {
    let log = folder.file("error.log")
    do {
      let environment = ProcessInfo.processInfo.environment
      let path = environment["PATH"] ?? "/usr/bin:/bin"
      // Another nginx than the machine's, for `Tests/current-nginx`.
      let process = try ChildProcess.start(
        environment["WEIXINPAY_TEST_NGINX"] ?? "nginx",
        ["-p", folder.path, "-c", folder.file("nginx.conf"), "-e", log],
        environment: ["PATH": "\(path):/usr/local/sbin:/usr/sbin:/sbin"], log: log,
        removing: folder)
      // nginx writes this file when it listens.
      try eventually("nginx") {
        guard process.isRunning else { throw TestSupportError("nginx ended at once") }
        return FileManager.default.fileExists(atPath: folder.file("nginx.pid"))
      }
      return process
    } catch {
      let errors = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
      throw TestSupportError("\(error)\n\(errors)")
    }
  }

  private static func main(http: String, connections: Int) -> String {
    // Workers of a root nginx run as another user unless told so; they could not open the sockets.
    """
    \(geteuid() == 0 ? "user root;" : "")
    daemon off;
    worker_processes 1;
    pid nginx.pid;
    error_log error.log;
    events {
      worker_connections \(connections);
    }
    http {
      access_log off;
      client_body_temp_path body;
      fastcgi_temp_path fastcgi;
      proxy_temp_path proxy;
      scgi_temp_path scgi;
      uwsgi_temp_path uwsgi;
      \(http)
    }

    """
  }
}

extension Nginx {
  /// The sites and what they include.
  private static func configuration(
    _ folder: TemporaryFolder, shop: (Shop, UInt16)?, simulator: (Simulator, UInt16)?
  ) throws -> String {
    for name in ["weixinpay.conf", "weixinpay_drain.conf", "weixinpay_params"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.file(name), withDestinationPath: sourceFile("nginx/\(name)"))
    }
    var sites = "include weixinpay_http.conf;\n"
    let socketFolder = shop?.0.socketFolder ?? folder.path
    try folder.write(
      template("weixinpay_http.conf", ["/run/weixinpay/": "\(socketFolder)/"]),
      to: "weixinpay_http.conf")
    if let (shop, port) = shop {
      sites += """
        \(shop.httpConfiguration)
        server {
          listen 127.0.0.1:\(port) ssl http2;
          server_name shop.example;
          ssl_certificate \(shop.certificate.certificateFile);
          ssl_certificate_key \(shop.certificate.privateKeyFile);
          client_header_timeout 5s;
          \(shop.siteConfiguration)
          include \(shop.locations);
        }

        """
    }
    if let (simulator, port) = simulator {
      sites += try template(
        "simulator.conf",
        [
          "@LISTEN@": "127.0.0.1:\(port)",
          "@CERTIFICATE@": simulator.certificate.certificateFile,
          "@PRIVATE_KEY@": simulator.certificate.privateKeyFile,
          "@CLIENT_AUTHORITY@": simulator.clientAuthorityFile,
          "@SOCKET@": simulator.socket,
        ])
    }
    return sites
  }

  private static func template(_ name: String, _ values: [String: String]) throws -> String {
    let text = try String(contentsOfFile: sourceFile("nginx/\(name)"), encoding: .utf8)
    return values.reduce(text) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
  }
}
