import Foundation
import TestSupport
import Testing

@testable import Server

/// Peers that may connect and send what nginx never would.
///
/// Delays are compared with the two seconds for which one silent peer would stop a server that
/// reads in its accept lock, as libfcgi's sample does.
@Suite struct HostilePeerTests {
  private typealias Records = FastCGIRecords

  /// A record of FCGI_GET_VALUES that asks so often for one name; four times overrun libfcgi's
  /// stack.
  private static func getValues(_ count: Int) -> [UInt8] {
    let names = (0..<count).flatMap { _ in Records.pair(Array("FCGI_MAX_CONNS".utf8), []) }
    return Records.record(Records.getValues, names, requestID: 0)
  }

  @Test(arguments: [1, 3, 4, 40])
  func `management records are not answered and kill nobody`(count: Int) throws {
    let server = try TestServer()
    let parameters = Records.parameterStream(
      Records.pairs(Records.whole(contentLength: "0")))
    let attacks = [
      Self.getValues(count),
      Self.getValues(count) + Records.request(),
      Records.begin() + Self.getValues(count) + parameters + Records.bodyStream([]),
      Records.begin() + parameters + Self.getValues(count) + Records.bodyStream([]),
      Records.request() + Self.getValues(count),
    ]
    for attack in attacks {
      let reply = try server.exchange(attack)
      #expect(reply.standardOutput.isEmpty)
      #expect(!reply.isFinished)
    }
    #expect(server.handled.isEmpty)
    _ = try server.timeOfPlainRequest()
  }

  @Test func `a management record hidden in padding is not found by libfcgi`() throws {
    let server = try TestServer()
    let hidden = Self.getValues(4)
    let padding = Int(UInt8.max)
    func padded(_ record: [UInt8]) -> [UInt8] {
      var record = record
      record[6] = UInt8(padding)
      return record + hidden + [UInt8](repeating: 0, count: padding - hidden.count)
    }
    let content = Records.pairs(Records.whole(contentLength: "0"))
    let parameters = Records.record(Records.parameters, content)
    let end = Records.record(Records.parameters)
    let attacks = [
      padded(Records.begin()) + parameters + end + Records.bodyStream([]),
      Records.begin() + parameters + padded(end) + Records.bodyStream([]),
      Records.begin() + parameters + end + padded(Records.bodyStream([])),
    ]
    for attack in attacks { #expect(try server.exchange(attack).standardOutput.isEmpty) }
    #expect(server.handled.isEmpty)

    // Padding after content is nginx's daily use, whatever the bytes in it.
    let reply = try server.exchange(
      Records.begin() + padded(parameters) + end + Records.bodyStream([]))
    #expect(reply.status == 200)
  }

  @Test func `lengths of two gibibytes kill nobody`() throws {
    let server = try TestServer()
    let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFE]
    let pair = huge + huge + Array("NAME".utf8)
    #expect(
      try server.exchange(Records.begin() + Records.parameterStream(pair)).standardOutput.isEmpty)
    // The same with a text before it that alone would be answered with 400.
    let text = Records.pair(Array("A".utf8), [0xFF])
    #expect(
      try server.exchange(Records.begin() + Records.parameterStream(text + pair))
        .standardOutput.isEmpty)
    _ = try server.timeOfPlainRequest()
  }

  @Test func `a silent peer delays nobody else`() throws {
    let server = try TestServer(workers: 4)
    let silent = try server.client()
    #expect(try server.timeOfPlainRequest() < .seconds(1))
    #expect(try silent.reply(within: .seconds(10)).standardOutput.isEmpty)
  }

  @Test func `a peer stuck in the middle of a header delays nobody else and is closed`() throws {
    let server = try TestServer(workers: 4)
    let stuck = try server.client()
    stuck.send([1, 1, 0, 1])
    #expect(try server.timeOfPlainRequest() < .seconds(1))
    #expect(try stuck.reply(within: .seconds(10)).standardOutput.isEmpty)
  }

  @Test func `a trickling peer is closed at the deadline`() throws {
    let server = try TestServer(workers: 1)
    let trickling = try server.client()
    let start = ContinuousClock.now
    for byte in Records.request() {
      guard trickling.send([byte]) else { break }
      usleep(100_000)
    }
    #expect(.now - start < .seconds(10), "All bytes at this pace would take 25 seconds.")
    #expect(server.handled.isEmpty)
    _ = try server.timeOfPlainRequest()
  }

  @Test func `a connection that asks to be kept is closed after its request`() throws {
    let server = try TestServer(workers: 4)
    let kept = try (0..<4).map { _ in try server.client() }
    for client in kept {
      client.send(Records.request(body: [0x41], keepConnection: true))
      #expect(try client.reply().status == 200)
    }
    #expect(try server.timeOfPlainRequest() < .seconds(1))
    let start = ContinuousClock.now
    #expect(server.stop() == .drained)
    #expect(.now - start < .seconds(1))
  }

  @Test func `peers that never close or go on sending do not hold their worker`() throws {
    let server = try TestServer(workers: 1)
    let open = try server.client()
    open.send(Records.request())
    #expect(try server.timeOfPlainRequest() < .seconds(1))

    let talkative = try server.client()
    talkative.send(Records.request())
    try eventually("the handler") { server.handled.count == 3 }
    talkative.send([UInt8](repeating: 0, count: 100))
    #expect(try server.timeOfPlainRequest() < .seconds(1))
    #expect(try open.reply().isFinished)
  }

  @Test func `a body cannot smuggle a second request`() throws {
    let server = try TestServer { _ in Response(status: 401) }
    // libfcgi reads 8 KiB at a time: wherever such a piece begins, there is a whole request.
    let forged = Records.request([("REMOTE_USER", "admin")])
    let skipped = Records.record(99, [UInt8](repeating: 0, count: 8184 - forged.count % 8184))
    for body in [forged + forged, skipped + forged, Array((0..<60).map { _ in forged }.joined())] {
      let reply = try server.exchange(Records.request(body: body, keepConnection: true))
      #expect(reply.status == 401)
    }
    #expect(server.handled.count == 3)
    #expect(server.handled.allSatisfy { $0.parameter("REMOTE_USER") == nil })

    let pipelined = try server.exchange(Records.request(keepConnection: true) + forged)
    #expect(pipelined.standardOutput.isEmpty)
    #expect(server.handled.count == 3)
  }

  @Test func `a request that is cut off has no effect`() throws {
    let server = try TestServer()
    let whole = Records.pairs(Records.whole(contentLength: "100"))
    let parameters = Records.parameterStream(whole)
    let cutOff = [
      [],
      Records.begin(),
      Records.begin() + parameters.prefix(40),
      Records.begin() + Records.record(Records.parameters, Array(whole.prefix(20))),
      Records.begin() + parameters,
      Records.begin() + parameters
        + Records.record(Records.standardInput, .init(repeating: 0, count: 40)),
      // 40 of 100 bytes and a proper end.
      Records.begin() + parameters + Records.bodyStream(.init(repeating: 0, count: 40)),
      // More than announced.
      Records.begin() + parameters + Records.bodyStream(.init(repeating: 0, count: 101)),
      // The parameters end in good order, but before their last one.
      Records.begin()
        + Records.parameterStream(Records.pairs(Records.whole(contentLength: "0").dropLast()))
        + Records.bodyStream([]),
    ]
    for bytes in cutOff {
      let client = try server.client()
      client.send(bytes)
      client.finishSending()
      #expect(try client.reply().standardOutput.isEmpty)
    }
    #expect(server.handled.isEmpty)
  }

  @Test func `parameters that two readers could read in two ways are refused`() throws {
    let server = try TestServer()
    let whole = Records.whole(contentLength: "0")
    let contents = [
      Records.pairs([("REMOTE_USER=x", "y")] + whole),
      Records.pairs([("REQUEST_URI", "/a"), ("REQUEST_URI", "/b")] + whole),
      Records.pairs([("HTTP_AUTHORIZATION", "a"), ("HTTP_AUTHORIZATION", "b")] + whole),
      Records.pairs([("", "a")] + whole),
      Records.pairs([("lower", "a")] + whole),
      Records.pair([0x41, 0x00], [0x42]) + Records.pairs(whole),
      // What nginx would append of the client's headers after our configuration.
      Records.pairs(whole + [("HTTP_COOKIE", "a")]),
    ]
    for content in contents {
      let reply = try server.exchange(
        Records.begin() + Records.parameterStream(content) + Records.bodyStream([]))
      #expect(reply.standardOutput.isEmpty)
    }
    #expect(server.handled.isEmpty)
  }

  @Test func `a request to which a newer nginx appended the host is answered`() throws {
    let server = try TestServer()
    let content = Records.pairs(
      Records.whole(contentLength: "0") + [("HTTP_HOST", "shop.example")])
    let reply = try server.exchange(
      Records.begin() + Records.parameterStream(content) + Records.bodyStream([]))
    #expect(!reply.standardOutput.isEmpty)
    #expect(server.handled.count == 1)
  }

  @Test func `mutated requests kill nobody`() throws {
    let server = try TestServer(workers: 8)
    var random = SplitMix64(seed: 20)
    let plain = Records.request([("HTTP_AUTHORIZATION", "Bearer x")], body: Array("{}".utf8))
    for _ in 0..<2000 {
      var bytes = plain
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
      }
      let client = try server.client()
      client.send(bytes)
      client.finishSending()
      _ = try client.reply()
    }
    #expect(server.handled.allSatisfy { $0.body.count == 2 })
    _ = try server.timeOfPlainRequest()
  }
}
