import Foundation
import Linux
import Testing

@Suite struct ServiceManagerTests {
  @Test(
    arguments: [
      (["LISTEN_PID": "own", "LISTEN_FDS": "3"], [3, 4, 5]),
      // Meant for another process, such as a shell that has started us.
      (["LISTEN_PID": "1", "LISTEN_FDS": "3"], []),
      (["LISTEN_FDS": "3"], []), (["LISTEN_PID": "own"], []),
      (["LISTEN_PID": "own", "LISTEN_FDS": "0"], []),
      (["LISTEN_PID": "own", "LISTEN_FDS": "-1"], []),
      (["LISTEN_PID": "own", "LISTEN_FDS": "x"], []),
      (["LISTEN_PID": "own", "LISTEN_FDS": "99999999"], []),
    ] as [([String: String], [Int32])])
  func `sockets are taken over when they are meant for us`(
    environment: [String: String], expected: [Int32]
  ) async {
    await #expect(processExitsWith: .success) { [environment, expected] in
      for (name, value) in environment { setenv(name, value == "own" ? "\(getpid())" : value, 1) }
      guard ServiceManager.listeningDescriptors() == expected else { exit(3) }
    }
  }

  @Test(arguments: ["/tmp/weixinpay-notify-", "@weixinpay-notify-"])
  func `a notification reaches a socket with a path, and one without`(prefix: String) async {
    await #expect(processExitsWith: .success) { [prefix] in
      let name = prefix + "\(getpid())"
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      var bytes = Array(name.utf8)
      if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      let length = socklen_t(2 + bytes.count)
      let outcome = withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
      }
      guard outcome == 0 else { exit(3) }
      defer { unlink(name) }
      setenv("NOTIFY_SOCKET", name, 1)
      ServiceManager.notify("READY=1")
      var received = [UInt8](repeating: 0, count: 64)
      let count = recv(descriptor, &received, received.count, Int32(MSG_DONTWAIT))
      guard count == 7, received.starts(with: "READY=1".utf8) else { exit(4) }
    }
  }

  @Test func `without anybody who listens a notification is nothing`() async {
    await #expect(processExitsWith: .success) {
      unsetenv("NOTIFY_SOCKET")
      ServiceManager.notify("READY=1")
      for name in ["", "/nowhere", String(repeating: "a", count: 200)] {
        setenv("NOTIFY_SOCKET", name, 1)
        ServiceManager.notify("READY=1")
      }
    }
  }
}
