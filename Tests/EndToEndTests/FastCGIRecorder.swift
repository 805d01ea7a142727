import Foundation
import Synchronization
import TestSupport

/// A FastCGI responder that writes down what nginx sends, byte by byte and in order, and shares no
/// code with the gateway's.
final class FastCGIRecorder: Sendable {
  /// One request as it came over the socket.
  struct Recording: Sendable {
    /// In the order of the wire; a name may occur twice.
    var parameters: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// Whether nginx asked that the connection be kept for further requests.
    var keepsConnection = false

    /// The values of all parameters called `name`.
    func values(_ name: String) -> [String] {
      parameters.filter { $0.name == name }.map(\.value)
    }
  }

  var recordings: [Recording] { recorded.withLock { $0 } }

  private let recorded = Mutex<[Recording]>([])
  private let listener: Int32

  /// Listens at `path`; answers every request with `answer`: header lines, an empty line, a body.
  init(path: String, answer: String) throws {
    listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) }
    }
    guard bound == 0, listen(listener, 64) == 0 else {
      throw TestSupportError("cannot listen at \(path): \(String(cString: strerror(errno)))")
    }
    Thread.detachNewThread { [weak self, listener] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        if let recording = Self.record(connection) {
          self?.recorded.withLock { $0.append(recording) }
          Self.send(answer, to: connection)
        }
        close(connection)
      }
    }
  }

  deinit {
    // Wakes the thread in `accept`, which a mere close would not.
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// Reads to the end of the body; `nil` when the peer leaves before.
  private static func record(_ connection: Int32) -> Recording? {
    var recording = Recording()
    var parameters: [UInt8] = []
    while let header = read(8, from: connection) {
      let length = Int(header[4]) << 8 | Int(header[5])
      guard let content = read(length, from: connection),
        read(Int(header[6]), from: connection) != nil
      else { return nil }
      switch (header[1], length) {
      case (FastCGIRecords.beginRequest, _):
        // Bit 0 of the flags is FCGI_KEEP_CONN.
        recording.keepsConnection = content[2] & 1 == 1
      case (FastCGIRecords.parameters, 0): recording.parameters = pairs(parameters)
      case (FastCGIRecords.parameters, _): parameters += content
      case (FastCGIRecords.standardInput, 0): return recording
      case (FastCGIRecords.standardInput, _): recording.body += content
      default:
        return nil
      }
    }
    return nil
  }

  private static func pairs(_ bytes: [UInt8]) -> [(name: String, value: String)] {
    var rest = bytes[...]
    func length() -> Int {
      let first = rest.removeFirst()
      guard first & 0x80 != 0 else { return Int(first) }
      let following = rest.prefix(3).reduce(0) { $0 << 8 | Int($1) }
      rest.removeFirst(3)
      return Int(first & 0x7f) << 24 | following
    }
    func text(_ count: Int) -> String {
      defer { rest.removeFirst(count) }
      return String(decoding: rest.prefix(count), as: UTF8.self)
    }
    var pairs: [(name: String, value: String)] = []
    while !rest.isEmpty {
      let (name, value) = (length(), length())
      pairs.append((text(name), text(value)))
    }
    return pairs
  }

  private static func read(_ count: Int, from connection: Int32) -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < count {
      var part = [UInt8](repeating: 0, count: count - bytes.count)
      let received = recv(connection, &part, part.count, 0)
      guard received > 0 else { return nil }
      bytes += part.prefix(received)
    }
    return bytes
  }

  private static func send(_ answer: String, to connection: Int32) {
    let bytes =
      FastCGIRecords.record(FastCGIRecords.standardOutput, Array(answer.utf8))
      + FastCGIRecords.record(FastCGIRecords.endRequest, [UInt8](repeating: 0, count: 8))
    _ = Foundation.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
}
