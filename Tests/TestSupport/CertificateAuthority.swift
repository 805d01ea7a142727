import Foundation

/// A private certificate authority, made with the `openssl` command, for servers and clients of
/// tests.
///
/// Everything is a PEM file in the folder that the caller gives and removes.
package struct CertificateAuthority: Sendable {
  /// A certificate and its private key, as files and as bytes.
  package struct Identity: Sendable {
    package let certificateFile: String
    package let privateKeyFile: String
    package let certificate: [UInt8]
    package let privateKey: [UInt8]

    fileprivate init(path: String) throws {
      certificateFile = path + ".pem"
      privateKeyFile = path + "_key.pem"
      certificate = try Array(Data(contentsOf: URL(fileURLWithPath: certificateFile)))
      privateKey = try Array(Data(contentsOf: URL(fileURLWithPath: privateKeyFile)))
    }
  }

  private let folder: String
  private let name: String

  /// The certificate of the authority: what a client is told to trust.
  package var certificateFile: String { "\(folder)/\(name).pem" }

  /// Makes the authority's own key and certificate.
  ///
  /// - Parameters:
  ///   - folder: an existing folder.
  ///   - name: start of its file names; two authorities in one folder need two names.
  package init(in folder: String, name: String = "authority") throws {
    self.folder = folder
    self.name = name
    try ChildProcess.run(
      "openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-subj", "/CN=weixinpay test authority \(name)", "-days", "30",
        "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        "-keyout", "\(folder)/\(name)_key.pem", "-out", certificateFile,
      ])
  }

  /// A certificate for a server.
  ///
  /// - Parameters:
  ///   - names: host names and IPv4 or IPv6 addresses; the first is the common name, too.
  ///   - days: how long it is valid from now; -1 has expired yesterday.
  package func server(_ names: [String], days: Int = 30) throws -> Identity {
    let alternatives = names.map { name in
      let isAddress = name.contains(":") || name.allSatisfy { $0.isNumber || $0 == "." }
      return (isAddress ? "IP:" : "DNS:") + name
    }
    return try issue(
      commonName: names[0], days: days, purpose: "serverAuth",
      alternatives: alternatives.joined(separator: ","))
  }

  /// A certificate for a client, like WeChat's 商户API证书 `apiclient_cert.pem`.
  ///
  /// - Parameter digest: how it is signed; `sha1` is too weak for today's TLS.
  package func client(
    _ commonName: String, days: Int = 30, digest: String = "sha256"
  ) throws -> Identity {
    try issue(
      commonName: commonName, days: days, purpose: "clientAuth", alternatives: nil, digest: digest)
  }

  private func issue(
    commonName: String, days: Int, purpose: String, alternatives: String?,
    digest: String = "sha256"
  ) throws -> Identity {
    let path = "\(folder)/\(purpose)-\(UUID().uuidString)"
    var extensions = "basicConstraints=CA:FALSE\nextendedKeyUsage=\(purpose)\n"
    if let alternatives { extensions += "subjectAltName=\(alternatives)\n" }
    // Foundation's own way to write a file waits for the disk.
    let file = fopen(path + ".cnf", "w")
    fputs(extensions, file)
    fclose(file)
    try ChildProcess.run(
      "openssl",
      [
        "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-subj", "/CN=\(commonName)", "-keyout", path + "_key.pem", "-out", path + ".csr",
      ])
    try ChildProcess.run(
      "openssl",
      [
        "x509", "-req", "-in", path + ".csr", "-CA", certificateFile,
        "-CAkey", "\(folder)/\(name)_key.pem", "-set_serial", "\(UInt32.random(in: 1 ... .max))",
        "-\(digest)", "-days", "\(days)", "-extfile", path + ".cnf", "-out", path + ".pem",
      ])
    return try Identity(path: path)
  }
}
