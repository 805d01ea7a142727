import Curl
import Foundation
import Pooling
import TestSupport
import Testing

@Suite struct SessionTests {
  private let scene: Scene

  init() throws { scene = try Scene.shared() }

  // MARK: What is sent

  @Test func `a request arrives as it was made`() throws {
    let server = try scene.server { $0.serve("<xml/>") }
    var session = try scene.session()
    let response = try session.send(.refund(to: server.url + "pay/refund"))
    #expect(response.status == 200)
    #expect(response.body == Array("<xml/>".utf8))
    #expect(response.newConnections == 1)
    #expect(response.address == "127.0.0.1")
    let secret = HTTPRequest.secret
    #expect(
      server.received == [
        """
        POST /pay/refund?secret=\(secret) HTTP/1.1\r
        Host: 127.0.0.1:\(server.port)\r
        User-Agent: weixinpay\r
        Accept: */*\r
        Content-Type: text/xml\r
        X-Secret: \(secret)\r
        Content-Length: 37\r
        \r
        <xml>REFUND \(secret)</xml>
        """
      ])
  }

  @Test func `a body is sent byte by byte, also zeros, none and large ones`() throws {
    let server = try scene.server { $0.serve("") }
    var session = try scene.session()
    for body in [[], [0, 1, 0], [UInt8](repeating: 0x61, count: 100_000)] as [[UInt8]] {
      _ = try session.send(
        HTTPRequest(method: .post, url: server.url, headers: [("X-Empty", "")], body: body))
    }
    let received = try #require(server.received.first)
    #expect(received.contains("Content-Length: 0\r\n\r\n"))
    #expect(received.contains("Content-Length: 3\r\n\r\n\0\u{1}\0"))
    #expect(
      received.hasSuffix("Content-Length: 100000\r\n\r\n" + String(repeating: "a", count: 100_000)))
    #expect(received.contains("X-Empty:\r\n"))
    #expect(!received.contains("Content-Type"))
    #expect(!received.contains("Expect"))
    #expect(server.received.count == 1)
  }

  @Test func `nothing of a request stays for the next one`() throws {
    let server = try scene.server { $0.serve("") }
    var session = try scene.session()
    _ = try session.send(.refund(to: server.url))
    _ = try session.send(HTTPRequest(method: .get, url: server.url))
    let received = try #require(server.received.first)
    let second = try #require(received.components(separatedBy: "</xml>").last)
    #expect(second.hasPrefix("GET / HTTP/1.1\r\n"))
    #expect(!second.contains(HTTPRequest.secret))
    #expect(!second.contains("Content-"))
  }

  @Test func `nothing compressed is asked for, nor decompressed`() throws {
    let server = try scene.server {
      while $0.readRequest() {
        $0.answer("\u{1f}not gzip at all", headers: "Content-Encoding: gzip\r\n")
      }
    }
    var session = try scene.session()
    let response = try session.send(HTTPRequest(method: .get, url: server.url))
    #expect(response.body == Array("\u{1f}not gzip at all".utf8))
    #expect(server.received.allSatisfy { !$0.contains("Accept-Encoding") })
  }

  // MARK: Connections

  @Test func `a session keeps its connection`() throws {
    let server = try scene.server { $0.serve("") }
    var session = try scene.session()
    for connections in [1, 0, 0] {
      #expect(try session.send(.refund(to: server.url)).newConnections == connections)
    }
    #expect(server.received.count == 1)
  }

  @Test func `a session for fresh connections opens one for each request`() throws {
    let server = try scene.server { $0.serve("") }
    var session = try scene.session(freshConnection: true)
    for _ in 0..<3 { #expect(try session.send(.refund(to: server.url)).newConnections == 1) }
    #expect(server.received.count == 3)
  }

  @Test func `a pool's sessions survive failures and keep their connections`() throws {
    let server = try scene.server { $0.serve("") }
    let options = SessionOptions(caFile: scene.authority.certificateFile)
    let pool = Pool<Session>(capacity: 2) { try Session(options) }
    let refused = "https://127.0.0.1:\(try freePort())/"
    for connections in [1, 0, 0] {
      #expect(throws: CurlError.self) {
        try pool.lend(patience: .zero) { session in
          do {
            _ = try session.send(.refund(to: refused))
          } catch {
            let isUsable = session.isUsable
            #expect(isUsable)
            throw error
          }
        }
      }
      let response = try pool.lend(patience: .zero) { try $0.send(.refund(to: server.url)) }
      #expect(response.newConnections == connections)
    }
  }

  // MARK: Answers

  @Test(arguments: ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
  func `a redirect is an answer, not followed`(status: String) throws {
    let other = try scene.server { $0.serve("") }
    let target = other.url
    let server = try scene.server {
      while $0.readRequest() { $0.answer("", status: status, headers: "Location: \(target)\r\n") }
    }
    var session = try scene.session()
    #expect(try session.send(.refund(to: server.url)).status == Int(status.prefix(3)))
    #expect(other.received == [])
  }

  @Test func `an answer with an error status is an answer`() throws {
    let server = try scene.server {
      while $0.readRequest() { $0.answer("sorry", status: "502 Bad Gateway") }
    }
    var session = try scene.session()
    let response = try session.send(.refund(to: server.url))
    #expect(response.status == 502)
    #expect(response.body == Array("sorry".utf8))
  }

  @Test func `64 KiB are taken, one byte more is not`() throws {
    let whole = String(repeating: "a", count: 65_536)
    let server = try scene.server {
      _ = $0.readRequest() && ($0.answer(whole), true).1 && $0.readRequest()
      $0.answer(whole + "b")
    }
    var session = try scene.session()
    #expect(try session.send(.refund(to: server.url)).body.count == 65_536)
    #expect(try session.failToPost(to: server.url).outcome == .unknown)
  }

  // MARK: Client certificates

  @Test func `the client's certificate is shown`() throws {
    let server = try TLSServer(
      .init(identity: scene.identity, clientAuthorityFile: scene.authority.certificateFile)
    ) { $0.serve("welcome") }
    let merchant = try scene.authority.client("1230000109")
    var session = try scene.session(
      identity: ClientIdentity(
        certificate: merchant.certificate, privateKey: merchant.privateKey),
      freshConnection: true)
    #expect(try session.send(.refund(to: server.url)).body == Array("welcome".utf8))
  }

  @Test func `without a client's certificate a server that demands one sees no request`() throws {
    let server = try TLSServer(
      .init(identity: scene.identity, clientAuthorityFile: scene.authority.certificateFile)
    ) { $0.serve("welcome") }
    var session = try scene.session(freshConnection: true)
    // Since TLS 1.3 a client learns of it only after it has sent: this outcome cannot be proven.
    #expect(try session.failToPost(to: server.url).outcome == .unknown)
    #expect(server.receivedNothing)
  }
}
