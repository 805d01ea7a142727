import Foundation

/// The other end of a FastCGI socket: sends whatever bytes it is told to, and nothing by itself.
package final class FastCGIClient: Sendable {
  private let descriptor: Int32

  /// - Throws: `TestSupportError` when nobody takes the connection.
  package init(path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let outcome = withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard outcome == 0 else {
      let error = TestSupportError("connect \(path): \(String(cString: strerror(errno)))")
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// Sends all bytes, or as many as the other side takes before it closes.
  ///
  /// - Returns: whether it took all of them.
  @discardableResult package func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return false }
      rest = rest.dropFirst(sent)
    }
    return true
  }

  /// Says that nothing more will be sent; the answer can still be read.
  package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Reads until the other side closes the connection.
  ///
  /// - Throws: `TestSupportError` when it does not within `patience`.
  package func reply(within patience: Duration = .seconds(30)) throws -> FastCGIReply {
    let end = ContinuousClock.now + patience
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let left = (end - .now) / .milliseconds(1)
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard left > 0, poll(&waiting, 1, Int32(left.rounded(.up))) > 0 else {
        throw TestSupportError("the connection was not closed within \(patience)")
      }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      // A connection closed with our bytes unread ends in an error: the same to us.
      guard count > 0 else { return FastCGIReply(bytes) }
      bytes += buffer[..<count]
    }
  }
}

/// What came back on a connection.
package struct FastCGIReply: Sendable {
  /// The CGI header and the body.
  package private(set) var standardOutput: [UInt8] = []
  package private(set) var standardError: [UInt8] = []
  /// Whether the other side said that the request is finished.
  package private(set) var isFinished = false

  package var text: String { String(decoding: standardOutput, as: UTF8.self) }

  /// The CGI header's status; nil when there was no answer.
  package var status: Int? {
    guard text.hasPrefix("Status: ") else { return nil }
    return Int(text.dropFirst(8).prefix(3))
  }

  /// What follows the CGI header.
  package var body: String {
    guard let end = text.range(of: "\r\n\r\n") else { return "" }
    return String(text[end.upperBound...])
  }

  init(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while rest.count >= 8 {
      let header = Array(rest.prefix(8))
      let length = Int(header[4]) << 8 | Int(header[5])
      let content = rest.dropFirst(8).prefix(length)
      switch header[1] {
      case FastCGIRecords.standardOutput: standardOutput += content
      case FastCGIRecords.standardError: standardError += content
      case FastCGIRecords.endRequest: isFinished = true
      default: break
      }
      rest = rest.dropFirst(8 + length + Int(header[6]))
    }
  }
}
