import Foundation
import TestSupport

/// A shop's site in a real nginx, with recorders where the gateway would listen.
final class RecordedSite {
  let nginx: Nginx

  private let recorders: [String: FastCGIRecorder]
  private let client: CurlCommand
  private let folder: TemporaryFolder

  /// - Parameters:
  ///   - siteConfiguration: what else stands in the site's `server {}`.
  ///   - httpConfiguration: what else stands in `http {}`.
  ///   - answer: what the recorders answer: header lines, an empty line, a body.
  ///   - listening: whether there are recorders at all.
  ///   - locations: the file of `nginx/` with our locations.
  init(
    siteConfiguration: String = "", httpConfiguration: String = "",
    answer: String = "Content-Type: text/plain\r\n\r\nok",
    listening: Bool = true, locations: String = "weixinpay.conf"
  ) throws {
    folder = try TemporaryFolder()
    var recorders: [String: FastCGIRecorder] = [:]
    for name in ["api", "notify", "merchant"] where listening {
      recorders[name] = try FastCGIRecorder(path: folder.file("\(name).sock"), answer: answer)
    }
    self.recorders = recorders
    let authority = try CertificateAuthority(in: folder.path)
    nginx = try Nginx(
      shop: Nginx.Shop(
        socketFolder: folder.path, certificate: authority.server(["127.0.0.1"]),
        siteConfiguration: siteConfiguration, httpConfiguration: httpConfiguration,
        locations: locations))
    client = CurlCommand(authorityFile: authority.certificateFile)
  }

  /// How many requests reached any socket.
  var count: Int { recorders.values.map(\.recordings.count).reduce(0, +) }

  /// The newest request that reached the socket of this name.
  func newest(_ socket: String) -> FastCGIRecorder.Recording? {
    recorders[socket]?.recordings.last
  }

  /// Posts `body`; `arguments` are curl's.
  func post(
    _ path: String, _ arguments: String..., body: String = "{}"
  ) throws -> CurlCommand.Answer {
    let bodyFile = try folder.write(body, to: UUID().uuidString)
    return try client.send(
      nginx.shopURL + path, ["--data-binary", "@\(bodyFile)"] + arguments)
  }

  /// Posts one byte of two and no more; returns when nginx has ended the connection.
  func stalledPost(_ path: String) throws {
    let request = "POST \(path) HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 2\r\n\r\n{"
    let address = nginx.shopURL.replacingOccurrences(of: "https://", with: "")
    let client = try ChildProcess.start(
      "bash",
      [
        "-c",
        // Versions differ in what they call a server that hangs up.
        #"openssl s_client -quiet -connect "$1" < <(printf %s "$0"; exec sleep 60) || true"#,
        request, address,
      ])
    try client.wait(patience: .seconds(30))
  }

  /// Posts to each of `paths` over few connections; `arguments` are curl's.
  func statuses(_ paths: [String], _ arguments: String...) throws -> [Int] {
    try client.statuses(paths.map { nginx.shopURL + $0 }, ["-d", "{}"] + arguments)
  }
}
