import Curl
import Foundation
import TestSupport
import Testing

@Suite struct AuthoritiesTests {
  private let scene: Scene

  init() throws { scene = try Scene.shared() }

  @Test func `sessions of the same options read the authorities once`() throws {
    let server = try scene.server { $0.serve("") }
    let folder = try TemporaryFolder()
    let file = try folder.write(
      String(contentsOfFile: scene.authority.certificateFile, encoding: .utf8), to: "trusted.pem")
    let options = SessionOptions(caFile: file, freshConnection: true)
    var first = try Session(options)
    #expect(try first.send(.refund(to: server.url)).status == 200)

    try FileManager.default.removeItem(atPath: file)
    var second = try Session(options)
    #expect(try second.send(.refund(to: server.url)).status == 200)

    // Trust is not a matter of the process: other options have to read for themselves.
    var other = try Session(SessionOptions(caFile: file))
    #expect(try other.failToPost(to: server.url).outcome == .provenUnsent)
    var system = try Session(SessionOptions())
    #expect(try system.failToPost(to: server.url).code == 60)
  }

  @Test func `authorities are read again after they could not be read`() throws {
    let server = try scene.server { $0.serve("") }
    let folder = try TemporaryFolder()
    let options = SessionOptions(caFile: folder.file("trusted.pem"))
    var session = try Session(options)
    #expect(try session.failToPost(to: server.url).outcome == .provenUnsent)

    try folder.write("no certificate\n", to: "trusted.pem")
    #expect(try session.failToPost(to: server.url).outcome == .provenUnsent)
    #expect(server.receivedNothing)

    try folder.write(
      String(contentsOfFile: scene.authority.certificateFile, encoding: .utf8), to: "trusted.pem")
    #expect(try session.send(.refund(to: server.url)).status == 200)
  }
}
