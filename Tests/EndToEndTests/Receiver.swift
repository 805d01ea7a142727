import Foundation
import Synchronization
import TestSupport

/// A web server of the shop's on 127.0.0.1: answers as its test says, and keeps what it was sent.
final class Receiver: Sendable {
  struct Message: Sendable {
    let method: String
    /// With its query.
    let path: String
    /// By name in lower case.
    let headers: [String: String]
    let body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
  }

  enum Answer: Sendable {
    case reply(Int, String = "")
    case redirect(String)
    /// Reads the message and closes the connection.
    case hangUp
    /// Answers 200 after so many seconds.
    case slowly(Double)
  }

  let port: UInt16
  private let answer: @Sendable (Message, Int) -> Answer
  private let messages = Mutex<[Message]>([])
  private let listener = Mutex<Int32>(-1)

  /// - Parameter answer: called with a message and its number, from 1.
  init(_ answer: @escaping @Sendable (Message, Int) -> Answer) throws {
    signal(SIGPIPE, SIG_IGN)
    port = try freePort()
    self.answer = answer
    try start()
  }

  deinit { stop() }

  /// Everything that was received whole, in the order of arrival.
  var received: [Message] { messages.withLock { $0 } }

  var url: String { "http://127.0.0.1:\(port)/" }

  /// Listens, on the same port each time.
  func start() throws {
    let descriptor = socket(
      AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
          && listen(descriptor, 64) == 0
      }
    }
    guard status else { throw TestSupportError("cannot listen on \(port): \(errno)") }
    listener.withLock { $0 = descriptor }
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0, let receiver = self else {
          if connection >= 0 { close(connection) }
          close(descriptor)
          return
        }
        Thread.detachNewThread {
          receiver.serve(connection)
          close(connection)
        }
      }
    }
  }

  /// From here on nobody listens.
  func stop() {
    listener.withLock { listener in
      if listener >= 0 { shutdown(listener, Int32(SHUT_RDWR)) }
      listener = -1
    }
  }

  private func serve(_ connection: Int32) {
    guard let message = Self.read(connection) else { return }
    let number = messages.withLock { messages in
      messages.append(message)
      return messages.count
    }
    switch answer(message, number) {
    case .reply(let status, let body): Self.write("\(status) X", "", body, connection)
    case .redirect(let url): Self.write("302 Found", "Location: \(url)\r\n", "", connection)
    case .hangUp: break
    case .slowly(let seconds):
      Thread.sleep(forTimeInterval: seconds)
      Self.write("200 OK", "", "", connection)
    }
  }

  private static func write(
    _ status: String, _ headers: String, _ body: String, _ connection: Int32
  ) {
    let answer = Array(
      ("HTTP/1.1 \(status)\r\nConnection: close\r\n\(headers)Content-Length: \(body.utf8.count)"
        + "\r\n\r\n\(body)").utf8)
    _ = Glibc.write(connection, answer, answer.count)
  }

  private static func read(_ connection: Int32) -> Message? {
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      connection, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var bytes: [UInt8] = []
    while true {
      let text = String(decoding: bytes, as: UTF8.self)
      if let end = text.range(of: "\r\n\r\n") {
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
          let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
          headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        let start = text[..<end.upperBound].utf8.count
        let length = headers["content-length"].flatMap(Int.init) ?? 0
        if bytes.count >= start + length {
          let words = lines[0].split(separator: " ")
          return Message(
            method: String(words[0]), path: String(words[1]), headers: headers,
            body: Array(bytes[start..<start + length]))
        }
      }
      var chunk = [UInt8](repeating: 0, count: 8192)
      let count = Glibc.read(connection, &chunk, chunk.count)
      guard count > 0 else { return nil }
      bytes += chunk[..<count]
    }
  }
}
