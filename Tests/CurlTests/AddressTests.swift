import Curl
import Foundation
import TestSupport
import Testing

/// Where a session goes that may only reach the public internet.
@Suite struct AddressTests {
  @Test(arguments: [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.127.255.255", "0.0.0.0", "0.1.2.3", "224.0.0.1",
    "255.255.255.255", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",
    "::", "::1", "::7f00:1", "fc00::1", "fdff::1", "fe80::1", "febf::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1",
    "2002:7f00:1::1", "2001:db8::1", "2001::1", "100::1",
  ])
  func `an address that is not of the internet is no public one`(text: String) throws {
    #expect(try !#require(InternetAddress(text)).isPublic)
  }

  @Test(arguments: [
    "1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1",
    "192.167.1.1", "169.253.1.1", "223.5.5.5", "2400:3200::1", "2606:4700:4700::1111",
    "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
  ])
  func `an address of the internet is public`(text: String) throws {
    #expect(try #require(InternetAddress(text)).isPublic)
  }

  @Test(arguments: [
    "localhost", "127.1", "0x7f000001", "2130706433", "", "1.2.3.4.5", "fe80::1%lo",
  ])
  func `nothing else is taken for an address`(text: String) {
    #expect(InternetAddress(text) == nil)
  }

  /// What people write to reach this machine past a guard.
  @Test(arguments: [
    "127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "017700000001", "0", "[::1]",
    "[::ffff:127.0.0.1]", "[::]", "LOCALHOST.",
  ])
  func `however this machine is called, nothing is sent to it`(host: String) throws {
    let scene = try Scene.shared()
    let server = try scene.server { $0.serve("") }
    var session = try Session(
      SessionOptions(
        caFile: scene.authority.certificateFile, isPublicOnly: true, allowsPlainHTTP: true))
    for scheme in ["https", "http"] {
      let error = try session.failToPost(to: "\(scheme)://\(host):\(server.port)/")
      #expect(error.outcome == .provenUnsent)
      #expect(!error.message.contains(HTTPRequest.secret))
    }
    #expect(server.receivedNothing)
  }

  @Test func `the refusal names the address`() throws {
    let scene = try Scene.shared()
    let server = try scene.server { $0.serve("") }
    var session = try Session(
      SessionOptions(caFile: scene.authority.certificateFile, isPublicOnly: true))
    let error = try session.failToPost(to: server.url)
    #expect(error.message.contains("its address 127.0.0.1 is not public"), "\(error)")
  }

  @Test func `plain http is taken only by a session that allows it`() throws {
    let listener = try listen()
    defer { close(listener.descriptor) }
    let url = "http://127.0.0.1:\(listener.port)/"
    var strict = try Session(SessionOptions())
    #expect(try strict.failToPost(to: url).message.contains("does not start with https://"))
    Thread.detachNewThread {
      let descriptor = accept(listener.descriptor, nil, nil)
      var bytes = [UInt8](repeating: 0, count: 4096)
      _ = read(descriptor, &bytes, bytes.count)
      let answer = Array("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n".utf8)
      _ = write(descriptor, answer, answer.count)
      close(descriptor)
    }
    var session = try Session(SessionOptions(allowsPlainHTTP: true))
    #expect(try session.send(.refund(to: url)).status == 204)
  }
}
