import COpenSSL
import Foundation
import Synchronization
import TestSupport

/// A TLS server on 127.0.0.1 that does what no proper server would, and keeps what it was sent.
final class TLSServer: Sendable {
  /// Which certificate it shows, whom it lets in.
  struct Settings: Sendable {
    let identity: CertificateAuthority.Identity
    /// The authority (PEM file) whose client certificates it demands; nil: it demands none.
    var clientAuthorityFile: String?
    var versions: ClosedRange<Int32> = TLS1_2_VERSION...TLS1_3_VERSION
  }

  let port: UInt16
  private let listener: Int32
  private let isStopped = Mutex(false)
  private let log: Log

  /// - Parameter behave: what to do on a connection once TLS stands; it is closed afterwards.
  init(_ settings: Settings, _ behave: @escaping @Sendable (borrowing TLSConnection) -> Void) throws
  {
    signal(SIGPIPE, SIG_IGN)
    (listener, port) = try listen()
    let log = Log()
    self.log = log
    let context = try Context(settings)
    let listener = listener
    Thread.detachNewThread {
      defer { close(listener) }
      while true {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { return }
        let number = log.open()
        Thread.detachNewThread {
          guard let connection = TLSConnection(context, descriptor, number, log) else { return }
          behave(connection)
        }
      }
    }
  }

  deinit { stop() }

  /// New connections are refused from here on; standing ones go on.
  func stop() {
    isStopped.withLock { isStopped in
      // The accepting thread then closes the socket; its number may soon be another's.
      if !isStopped { shutdown(listener, Int32(SHUT_RDWR)) }
      isStopped = true
    }
  }

  var url: String { "https://127.0.0.1:\(port)/" }

  /// What each connection carried, decrypted, in the order of their arrival.
  var received: [String] { log.received.map { String(decoding: $0, as: UTF8.self) } }

  /// Whether no byte of any request arrived, whatever connections were made.
  var receivedNothing: Bool { received.allSatisfy { $0.isEmpty } }

  /// How many requests with this method arrived over all connections, whole or in part.
  func count(_ method: String) -> Int {
    received.reduce(0) { $0 + $1.components(separatedBy: method + " /").count - 1 }
  }
}

/// The server's end of one connection. Closes it when it goes out of scope, also when `init` fails.
struct TLSConnection: ~Copyable {
  private let handle: OpaquePointer
  private let descriptor: Int32
  private let number: Int
  private let log: Log

  fileprivate init?(_ context: Context, _ descriptor: Int32, _ number: Int, _ log: Log) {
    // No thread outlives its test for long, whatever the client does.
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    handle = SSL_new(context.handle)
    self.descriptor = descriptor
    self.number = number
    self.log = log
    SSL_set_fd(handle, descriptor)
    guard SSL_accept(handle) == 1 else { return nil }
  }

  deinit {
    SSL_shutdown(handle)
    SSL_free(handle)
    close(descriptor)
  }

  /// Reads one request with its body; false when the client closed instead.
  func readRequest() -> Bool {
    var request: [UInt8] = []
    while !isWhole(request) {
      var buffer = [UInt8](repeating: 0, count: 16_384)
      let count = SSL_read(handle, &buffer, Int32(buffer.count))
      guard count > 0 else { return false }
      request += buffer.prefix(Int(count))
      log.append(buffer.prefix(Int(count)), to: number)
    }
    return true
  }

  /// False when the client no longer listens.
  @discardableResult
  func write(_ text: String) -> Bool {
    SSL_write(handle, text, Int32(text.utf8.count)) > 0
  }

  func answer(_ body: String, status: String = "200 OK", headers: String = "") {
    write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
  }

  /// Returns once the client has closed.
  func waitForClient() { while readRequest() {} }

  /// Answers requests as long as they come.
  func serve(_ body: String) {
    while readRequest() { answer(body) }
  }

  private func isWhole(_ request: [UInt8]) -> Bool {
    let text = String(decoding: request, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return false }
    let length = text[..<end.lowerBound].split(separator: "\r\n")
      .first { $0.lowercased().hasPrefix("content-length:") }
      .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
    return text[end.upperBound...].utf8.count >= length ?? 0
  }
}

/// What arrived, shared by the threads of the connections.
private final class Log: Sendable {
  private let connections = Mutex<[[UInt8]]>([])

  var received: [[UInt8]] { connections.withLock { $0 } }

  func open() -> Int {
    connections.withLock {
      $0.append([])
      return $0.count - 1
    }
  }

  func append(_ bytes: ArraySlice<UInt8>, to connection: Int) {
    connections.withLock { $0[connection] += bytes }
  }
}

/// Unchecked: after `init` it is only read, and OpenSSL locks what it counts.
private final class Context: @unchecked Sendable {
  let handle: OpaquePointer

  init(_ settings: TLSServer.Settings) throws {
    handle = SSL_CTX_new(TLS_server_method())
    // Security level 0, as the versions below TLS 1.2 need it.
    SSL_CTX_set_cipher_list(handle, "ALL:@SECLEVEL=0")
    SSL_CTX_ctrl(
      handle, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(settings.versions.lowerBound), nil)
    SSL_CTX_ctrl(
      handle, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(settings.versions.upperBound), nil)
    guard
      SSL_CTX_use_certificate_file(handle, settings.identity.certificateFile, SSL_FILETYPE_PEM)
        == 1,
      SSL_CTX_use_PrivateKey_file(handle, settings.identity.privateKeyFile, SSL_FILETYPE_PEM) == 1
    else { throw TestSupportError("the server's certificate cannot be used") }
    if let authority = settings.clientAuthorityFile {
      SSL_CTX_load_verify_locations(handle, authority, nil)
      SSL_CTX_set_verify(handle, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
    }
  }

  deinit { SSL_CTX_free(handle) }
}
