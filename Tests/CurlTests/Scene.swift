import Curl
import Synchronization
import TestSupport
import Testing

/// A private authority and what it issued.
final class Scene: Sendable {
  /// Making certificates takes longer than most tests: those that run at the same time share one
  /// scene. It goes, with its folder, with the last test that holds it.
  static func shared() throws -> Scene {
    try current.withLock { current in
      if let scene = current.scene { return scene }
      let scene = try Scene()
      current.scene = scene
      return scene
    }
  }

  private static let current = Mutex(WeakScene())

  let folder: TemporaryFolder
  let authority: CertificateAuthority
  let identity: CertificateAuthority.Identity

  private init() throws {
    folder = try TemporaryFolder()
    authority = try CertificateAuthority(in: folder.path)
    identity = try authority.server(["127.0.0.1", "localhost"])
  }

  func server(_ behave: @escaping @Sendable (borrowing TLSConnection) -> Void) throws -> TLSServer {
    try TLSServer(.init(identity: identity), behave)
  }

  /// A session that trusts the private authority.
  func session(
    identity: ClientIdentity? = nil, freshConnection: Bool = false
  ) throws -> Session {
    try Session(
      SessionOptions(
        caFile: authority.certificateFile, identity: identity, freshConnection: freshConnection))
  }
}

private struct WeakScene {
  weak var scene: Scene?
}

extension Session {
  /// Sends with patience enough for a loaded machine.
  mutating func send(_ request: HTTPRequest) throws(CurlError) -> HTTPResponse {
    try send(request, connectTimeout: .seconds(20), timeout: .seconds(20))
  }

  /// Posts the refund of the tests and returns the error that must come.
  mutating func failToPost(
    to url: String, connectTimeout: Duration = .seconds(20), timeout: Duration = .seconds(20)
  ) throws -> CurlError {
    let response: HTTPResponse
    do {
      response = try send(.refund(to: url), connectTimeout: connectTimeout, timeout: timeout)
    } catch {
      return error
    }
    throw TestSupportError("answered with status \(response.status)")
  }
}

extension HTTPRequest {
  static let secret = "aSecretNobodyMaySee"

  /// A request that holds a secret wherever one can be.
  static func refund(to url: String) -> HTTPRequest {
    HTTPRequest(
      method: .post, url: url + "?secret=" + secret, contentType: "text/xml",
      headers: [("X-Secret", secret)], body: Array("<xml>REFUND \(secret)</xml>".utf8))
  }
}
