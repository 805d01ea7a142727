import COpenSSL
import Curl
import Foundation
import Synchronization
import TestSupport
import Testing

/// For each way to fail: what is known about the request afterwards, and what the server saw.
@Suite struct OutcomeTests {
  private let scene: Scene

  init() throws { scene = try Scene.shared() }

  /// Nothing a message may hold: no part of the URL after the host, no header, no body.
  private func expectNoSecret(in error: CurlError) {
    #expect(!error.message.contains(HTTPRequest.secret))
    #expect(!"\(error)".contains("?"))
    #expect(!error.message.contains("\n"))
  }

  // MARK: Proven unsent

  @Test func `a refused connection proves that nothing was sent`() throws {
    let port = try freePort()
    var session = try scene.session()
    let error = try session.failToPost(to: "https://127.0.0.1:\(port)/")
    #expect(error.outcome == .provenUnsent)
    #expect(error.code == 7)
    #expect(error.message.hasPrefix("127.0.0.1:\(port): Couldn't connect to server (curl 7): "))
    expectNoSecret(in: error)
  }

  @Test func `a name that does not exist proves that nothing was sent`() throws {
    var session = try scene.session()
    // RFC 6761: resolvers know no name below "invalid".
    let error = try session.failToPost(to: "https://weixinpay.invalid/")
    #expect(error.outcome == .provenUnsent)
    expectNoSecret(in: error)
  }

  @Test(arguments: [
    "http://127.0.0.1/", "HTTPS://127.0.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd",
    "127.0.0.1", "", "https:", "https://", "https:///path", "https://user@127.0.0.1/",
    "https://user:password@127.0.0.1/", "https://127.0.0.1/\r\nX: y", "https://127.0.0.1/\0",
    "https://127.0.0.1/支付", "https://127.0.0.1/a b", "https://127.0.0.1:99999/",
    "https://[::1/", "https://127.0.0.1\\@evil.example/",
  ])
  func `a URL that is not plain https is refused unsent`(url: String) throws {
    var session = try scene.session()
    let error = try session.failToPost(to: url)
    #expect(error.outcome == .provenUnsent)
    expectNoSecret(in: error)
  }

  @Test(arguments: [("X-A\r\nX-B", "c"), ("X-A", "b\r\nX-B: c"), ("X-A", "b\0"), ("X-A", "\u{7f}")])
  func `a header that would become two is refused unsent`(name: String, value: String) throws {
    let server = try scene.server { $0.serve("") }
    var session = try scene.session()
    let request = HTTPRequest(method: .post, url: server.url, headers: [(name, value)])
    let error = try #require(throws: CurlError.self) { try session.send(request) }
    #expect(error.outcome == .provenUnsent)
    #expect(server.received == [])
  }

  private func expectUnsent(to server: TLSServer, host: String = "127.0.0.1") throws {
    var session = try scene.session(freshConnection: true)
    let error = try session.failToPost(to: "https://\(host):\(server.port)/")
    #expect(error.outcome == .provenUnsent, "\(error)")
    expectNoSecret(in: error)
    #expect(server.receivedNothing)
  }

  @Test func `a certificate for another name gets nothing`() throws {
    let other = try scene.authority.server(["api.mch.weixin.qq.com"])
    try expectUnsent(to: try TLSServer(.init(identity: other)) { $0.serve("") })
  }

  @Test func `a certificate for the address does not stand for a name`() throws {
    let address = try scene.authority.server(["127.0.0.1"])
    let server = try TLSServer(.init(identity: address)) { $0.serve("") }
    try expectUnsent(to: server, host: "localhost")
  }

  @Test func `an expired certificate gets nothing`() throws {
    let expired = try scene.authority.server(["127.0.0.1"], days: -1)
    try expectUnsent(to: try TLSServer(.init(identity: expired)) { $0.serve("") })
  }

  @Test func `another authority's certificate gets nothing`() throws {
    let other = try CertificateAuthority(in: scene.folder.path, name: "other")
    let server = try TLSServer(.init(identity: other.server(["127.0.0.1"]))) { $0.serve("") }
    try expectUnsent(to: server)
  }

  @Test func `a private authority's certificate gets nothing unless it is named`() throws {
    let server = try scene.server { $0.serve("") }
    var session = try Session(SessionOptions())
    let error = try session.failToPost(to: server.url)
    #expect(error.outcome == .provenUnsent)
    #expect(server.receivedNothing)
  }

  @Test func `a client's certificate does not make a server`() throws {
    let client = try scene.authority.client("127.0.0.1")
    try expectUnsent(to: try TLSServer(.init(identity: client)) { $0.serve("") })
  }

  @Test func `a server that knows only TLS 1.1 gets nothing`() throws {
    let server = try TLSServer(
      .init(identity: scene.identity, versions: TLS1_VERSION...TLS1_1_VERSION)
    ) { $0.serve("") }
    try expectUnsent(to: server)
  }

  @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
  func `TLS 1.2 and 1.3 are spoken`(version: Int32) throws {
    let server = try TLSServer(.init(identity: scene.identity, versions: version...version)) {
      $0.serve("")
    }
    var session = try scene.session()
    #expect(try session.send(.refund(to: server.url)).status == 200)
  }

  @Test func `a list of authorities that cannot be read fails unsent`() throws {
    let server = try scene.server { $0.serve("") }
    var session = try Session(SessionOptions(caFile: scene.folder.file("absent.pem")))
    #expect(try session.failToPost(to: server.url).outcome == .provenUnsent)
    #expect(server.receivedNothing)
  }

  @Test func `a damaged or foreign private key fails unsent`() throws {
    let server = try scene.server { $0.serve("") }
    let merchant = try scene.authority.client("1230000109")
    let other = try scene.authority.client("1230000109")
    for privateKey in [Array("nonsense".utf8), other.privateKey, merchant.certificate] {
      var session = try scene.session(
        identity: ClientIdentity(certificate: merchant.certificate, privateKey: privateKey))
      #expect(try session.failToPost(to: server.url).outcome == .provenUnsent)
    }
    #expect(server.receivedNothing)
  }

  @Test func `a server that accepts no connection in time got nothing`() throws {
    // A backlog of 0 holds one connection: the kernel drops what comes when it is taken.
    let (descriptor, port) = try listen(backlog: 0)
    let waiting = (0..<4).map { _ in startConnecting(to: port) }
    defer { for one in [descriptor] + waiting { close(one) } }
    var session = try scene.session()
    let error = try session.failToPost(
      to: "https://127.0.0.1:\(port)/", connectTimeout: .milliseconds(300))
    #expect(error.code == 28)
    #expect(error.outcome == .provenUnsent)
    expectNoSecret(in: error)
  }

  @Test(arguments: [300, 20_000])
  func `a server that never speaks TLS got nothing`(connectMilliseconds: Int) throws {
    let (descriptor, port) = try listen()
    defer { close(descriptor) }
    var session = try scene.session()
    // Whichever of the two timeouts ends it.
    let error = try session.failToPost(
      to: "https://127.0.0.1:\(port)/", connectTimeout: .milliseconds(connectMilliseconds),
      timeout: .milliseconds(600))
    #expect(error.code == 28)
    #expect(error.outcome == .provenUnsent)
  }

  // MARK: Unknown

  @Test(arguments: [false, true])
  func `a silent server may have acted`(freshConnection: Bool) throws {
    let server = try scene.server { $0.waitForClient() }
    var session = try scene.session(freshConnection: freshConnection)
    let error = try session.failToPost(to: server.url, timeout: .milliseconds(1_500))
    #expect(error.code == 28)
    #expect(error.outcome == .unknown)
    expectNoSecret(in: error)
    #expect(server.count("POST") == 1)
  }

  @Test func `a server that falls silent on a kept connection may have acted`() throws {
    let server = try scene.server {
      guard $0.readRequest() else { return }
      $0.answer("")
      $0.waitForClient()
    }
    var session = try scene.session()
    _ = try session.send(.refund(to: server.url))
    let error = try session.failToPost(to: server.url, timeout: .milliseconds(500))
    #expect(error.code == 28)
    #expect(error.outcome == .unknown)
    #expect(server.received.count == 1)
    #expect(server.count("POST") == 2)
  }

  @Test func `a server that reads and closes may have acted, and was asked exactly once`() throws {
    let server = try scene.server { _ = $0.readRequest() }
    var session = try scene.session(freshConnection: true)
    for posts in 1...5 {
      let error = try session.failToPost(to: server.url)
      #expect(error.outcome == .unknown)
      #expect(server.count("POST") == posts)
    }
  }

  @Test func `after good answers a fresh session still asks exactly once`() throws {
    let server = try scene.server {
      guard $0.readRequest() else { return }
      // The second request of a kept connection is read and dropped: the trap for libcurl.
      $0.answer("")
      _ = $0.readRequest()
    }
    var session = try scene.session(freshConnection: true)
    for posts in 1...5 {
      _ = try session.send(.refund(to: server.url))
      #expect(server.count("POST") == posts)
    }
  }

  @Test func `libcurl repeats a request on a kept connection: the reason for fresh ones`() throws {
    let server = try scene.server {
      guard $0.readRequest() else { return }
      $0.answer("")
      _ = $0.readRequest()
    }
    var session = try scene.session()
    _ = try session.send(.refund(to: server.url))
    let response = try session.send(.refund(to: server.url))
    #expect(response.newConnections == 1)
    #expect(server.count("POST") == 3)
  }

  @Test func `a repeated request that is refused proves nothing about the first`() throws {
    let listening = Mutex<TLSServer?>(nil)
    let server = try scene.server {
      guard $0.readRequest() else { return }
      $0.answer("")
      guard $0.readRequest() else { return }
      // Has acted, perhaps; then it is gone, and so libcurl's second attempt is refused.
      listening.withLock { $0?.stop() }
    }
    listening.withLock { $0 = server }
    var session = try scene.session()
    _ = try session.send(.refund(to: server.url))
    let error = try session.failToPost(to: server.url)
    #expect(error.code == 7)
    #expect(error.outcome == .unknown)
    #expect(server.count("POST") == 2)
  }

  @Test func `a cut-off answer may be of a request that was acted on`() throws {
    let server = try scene.server {
      guard $0.readRequest() else { return }
      $0.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<xml>")
    }
    var session = try scene.session(freshConnection: true)
    #expect(try session.failToPost(to: server.url).outcome == .unknown)
    #expect(server.count("POST") == 1)
  }

  @Test(arguments: ["nonsense\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/3 200\r\n\r\n", "\0\0\0\0"])
  func `an answer that is no HTTP may be of a request that was acted on`(answer: String) throws {
    let server = try scene.server {
      guard $0.readRequest() else { return }
      $0.write(answer)
    }
    var session = try scene.session(freshConnection: true)
    #expect(try session.failToPost(to: server.url).outcome == .unknown)
    #expect(server.count("POST") == 1)
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\n",
  ])
  func `an endless answer is dropped early`(start: String) throws {
    let written = Counter()
    let piece = start.contains("chunked") ? "3e8\r\n" : "X-Endless: "
    let server = try scene.server {
      guard $0.readRequest() else { return }
      $0.write(start)
      while $0.write(piece + String(repeating: "a", count: 1_000) + "\r\n") {
        written.increase(by: 1_000)
      }
    }
    var session = try scene.session(freshConnection: true)
    let error = try session.failToPost(to: server.url)
    #expect(error.code == 23)
    #expect(error.outcome == .unknown)
    // What it could write beyond our limit lay in the sockets' buffers.
    try eventually("the server's end of the connection to close") { server.received.count == 1 }
    #expect(written.count < 32 << 20)
  }
}
