import Foundation
import Linux
import TestSupport
import Testing

@testable import Server

@Suite struct ServerTests {
  @Test func `a handler sees what nginx sent`() throws {
    let server = try TestServer()
    let reply = try server.exchange(
      FastCGIRecords.request(
        [("REQUEST_ID", "0af9"), ("HTTP_AUTHORIZATION", "Bearer x"), ("EMPTY", "")],
        body: Array("{}".utf8)))
    #expect(reply.status == 200)
    #expect(reply.isFinished)
    #expect(reply.standardError.isEmpty)
    let request = try #require(server.handled.first)
    #expect(request.route == "pay")
    #expect(request.method == "POST")
    #expect(request.path == "/wxpay/pay")
    #expect(request.query == "a=1")
    #expect(request.contentType == "application/json")
    #expect(request.body == Array("{}".utf8))
    #expect(request.requestID == "0af9")
    #expect(request.remoteAddress == "192.0.2.7")
    #expect(request.parameter("HTTP_AUTHORIZATION") == "Bearer x")
    #expect(request.parameter("EMPTY") == "")
    #expect(request.parameter("HTTP_COOKIE") == nil)
    #expect(request.deadline > .now)
    #expect(request.deadline < .now + .seconds(4))
  }

  @Test func `a value may begin with a combining mark or contain an equals sign`() throws {
    let server = try TestServer()
    _ = try server.exchange(FastCGIRecords.request([("A", "\u{301}"), ("B", "=c=d")]))
    #expect(server.handled.first?.parameter("A") == "\u{301}")
    #expect(server.handled.first?.parameter("B") == "=c=d")
  }

  @Test func `an answer is one CGI answer that nobody may keep`() throws {
    let server = try TestServer { _ in
      Response(
        status: 409, contentType: "application/json", headers: [("Retry-After", "1")],
        body: Array("{}".utf8))
    }
    let reply = try server.exchange(FastCGIRecords.request())
    let expected = [
      "Status: 409 Conflict", "Content-Type: application/json", "Content-Length: 2",
      "Cache-Control: no-store", "X-Content-Type-Options: nosniff", "Retry-After: 1", "", "{}",
    ].joined(separator: "\r\n")
    #expect(reply.text == expected)
  }

  @Test(arguments: [
    "WEIXINPAY_ROUTE", "REQUEST_METHOD", "DOCUMENT_URI", "QUERY_STRING", "REMOTE_ADDR",
  ])
  func `nothing is assumed in place of a missing parameter`(name: String) throws {
    let server = try TestServer()
    let parameters = FastCGIRecords.whole(contentLength: "").filter { $0.0 != name }
    let reply = try server.exchange(
      FastCGIRecords.begin()
        + FastCGIRecords.parameterStream(FastCGIRecords.pairs(parameters))
        + FastCGIRecords.bodyStream([]))
    #expect(reply.status == 500)
    #expect(server.handled.isEmpty)
  }

  @Test func `the largest body with many parameters passes, one byte more is answered with 413`()
    throws
  {
    let server = try TestServer()
    let further = (0..<16).map { ("HTTP_X_\($0)", String(repeating: "v", count: 1000)) }
    let body = [UInt8](repeating: 0x41, count: 65_536)
    let reply = try server.exchange(FastCGIRecords.request(further, body: body))
    #expect(reply.status == 200)
    #expect(reply.body.utf8.count == body.count)

    let refused = try server.exchange(FastCGIRecords.request(further, body: body + [0x41]))
    #expect(refused.status == 413)
    #expect(refused.isFinished)
    #expect(server.handled.count == 1)
  }

  @Test func `a body that is far too large is not even read`() throws {
    let server = try TestServer()
    let client = try server.client()
    let whole = FastCGIRecords.request(body: [UInt8](repeating: 0x41, count: 8 << 20))
    #expect(!client.send(whole), "The server closes long before all is sent.")
    #expect(try client.reply().status == 413)
    #expect(server.handled.isEmpty)
  }

  @Test func `text that is none is answered with 400`() throws {
    let server = try TestServer()
    for value: [UInt8] in [[0xFF], [0x61, 0x00, 0x62], [0xC0, 0xAF], [0xED, 0xA0, 0x80]] {
      let content =
        FastCGIRecords.pair(Array("HTTP_X".utf8), value)
        + FastCGIRecords.pairs(FastCGIRecords.whole(contentLength: "0"))
      let reply = try server.exchange(
        FastCGIRecords.begin() + FastCGIRecords.parameterStream(content)
          + FastCGIRecords.bodyStream([]))
      #expect(reply.status == 400)
    }
    #expect(server.handled.isEmpty)
  }

  @Test func `two hundred requests at once are each answered with their own body`() throws {
    let server = try TestServer(workers: 16) { request in
      usleep(1000)
      return Response(status: 200, body: request.body)
    }
    let bodies = try concurrently(200) { number in
      try server.exchange(FastCGIRecords.request(body: Array("body \(number)".utf8))).body
    }
    #expect(bodies == (0..<200).map { "body \($0)" })
    #expect(server.handled.count == 200)
  }

  @Test func `a thousand idle workers cost little memory`() throws {
    let before = try residentKibibytes()
    let server = try TestServer(workers: 1000)
    _ = try server.timeOfPlainRequest()
    #expect(try residentKibibytes() - before < 100 << 10)
    #expect(server.stop() == .drained)
  }

  @Test func `a peer that leaves before a large answer costs the request only`() throws {
    let server = try TestServer(workers: 1) { request in
      Response(
        status: 200, body: request.body.isEmpty ? .init(repeating: 0, count: 4 << 20) : request.body
      )
    }
    let client = try server.client()
    client.send(FastCGIRecords.request())
    try eventually("the handler") { server.handled.count == 1 }
    _ = consume client
    _ = try server.timeOfPlainRequest()
  }

  @Test func `a peer that does not take its answer is given up`() throws {
    let server = try TestServer(workers: 1) { request in
      Response(
        status: 200, body: request.body.isEmpty ? .init(repeating: 0, count: 4 << 20) : request.body
      )
    }
    let client = try server.client()
    client.send(FastCGIRecords.request())
    try eventually("the handler") { server.handled.count == 1 }
    #expect(try server.timeOfPlainRequest() < .seconds(10))
    #expect(try !client.reply().isFinished)
  }

  private func residentKibibytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(Int(line.filter(\.isNumber)))
  }
}
