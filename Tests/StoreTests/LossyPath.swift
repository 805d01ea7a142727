import Foundation
import Synchronization
import TestSupport

/// A unix socket before MariaDB's that can keep the answer to a COMMIT to itself: the server has
/// committed, and the connection breaks before the client learns of it.
final class LossyPath: Sendable {
  /// Where clients connect.
  var socket: String { folder.file("lossy.sock") }

  private let folder: TemporaryFolder
  private let listener: Int32
  private let losses = Losses()

  /// How many answers are still to be lost.
  private final class Losses: Sendable {
    private let left = Mutex(0)

    func add() { left.withLock { $0 += 1 } }

    func take() -> Bool {
      left.withLock { left in
        guard left > 0 else { return false }
        left -= 1
        return true
      }
    }
  }

  /// - Parameter server: the path of MariaDB's own socket.
  init(to server: String) throws {
    folder = try TemporaryFolder()
    listener = try Self.open(folder.file("lossy.sock")) {
      bind($0, $1, $2) == 0 && listen($0, 64) == 0
    }
    Thread.detachNewThread { [listener, losses] in
      while case let client = accept(listener, nil, nil), client >= 0 {
        Thread.detachNewThread {
          defer { close(client) }
          guard let upstream = try? Self.open(server, { connect($0, $1, $2) == 0 }) else { return }
          defer { close(upstream) }
          Self.forward(between: client, and: upstream, losses)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// The next answer to a COMMIT does not arrive.
  func loseNextCommit() { losses.add() }

  private static func forward(between client: Int32, and server: Int32, _ losses: Losses) {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    while true {
      var waiting = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&waiting, 2, -1) > 0 else { return }
      let isFromClient = waiting[0].revents != 0
      let count = read(isFromClient ? client : server, &bytes, bytes.count)
      guard count > 0 else { return }
      let isLost = isFromClient && isCommit(bytes[..<count]) && losses.take()
      guard sendAll(bytes[..<count], to: isFromClient ? server : client) else { return }
      if isLost {
        _ = read(server, &bytes, bytes.count)
        return
      }
    }
  }

  /// A packet of its own: three bytes of length, the number 0, COM_QUERY, the statement.
  private static func isCommit(_ packet: ArraySlice<UInt8>) -> Bool {
    packet.elementsEqual([7, 0, 0, 0, 3] + Array("COMMIT".utf8))
  }

  private static func sendAll(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return false }
      rest = rest.dropFirst(sent)
    }
    return true
  }

  private static func open(
    _ path: String, _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
  ) throws -> Int32 {
    let descriptor = Foundation.socket(
      AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let isUsable = withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        use(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard isUsable else {
      let error = TestSupportError("\(path): \(String(cString: strerror(errno)))")
      close(descriptor)
      throw error
    }
    return descriptor
  }
}
