import CFastCGI
import Glibc
import Synchronization

/// A Unix domain socket at a path, where nginx connects.
///
/// libfcgi's own `FCGX_OpenSocket` takes the path away from a living process, ends the process when
/// it fails and lets children inherit the socket; hence this one.
public final class ListeningSocket: Sendable {
  /// `sun_path` has 108 bytes, the last of which ends the string.
  static let maximumPathBytes = 107

  /// Where the file stands: at most 107 bytes.
  public let path: String
  private let descriptor: Int32
  private let identity: FileIdentity
  private let isOpen = Mutex(true)

  /// Listens at `path`.
  ///
  /// What a dead process left there is replaced.
  ///
  /// - Parameters:
  ///   - mode: who may connect. The file never has wider rights than these, not even for a moment.
  ///   - backlog: how many connections may wait for a worker, at least 1; when as many wait, nginx
  ///     is refused at once. The system may lower it (`net.core.somaxconn`).
  /// - Throws: `FastCGIError` when another process listens there, when something else stands there,
  ///   and when the system refuses.
  public init(path: String, mode: UInt32 = 0o660, backlog: Int32 = 1024) throws(FastCGIError) {
    self.path = path
    let address = try SocketAddress(path: path)
    // Two processes that start at once would each find the same dead socket, and the second would
    // remove the living one of the first.
    let lock = try FolderLock(ofFileAt: path)
    try Self.removeDeadSocket(at: path, address)

    let socket = try UnixSocket()
    // Linux gives the file the mode of the socket less the umask. A umask of our own would do the
    // same, but it is the whole process's: files of other threads would get it as well.
    try socket.check(fchmod(socket.descriptor, mode), "fchmod", path)
    try socket.check(socket.bind(to: address), "bind", path)
    try socket.check(unsafe chmod(path, mode), "chmod", path)
    guard let identity = FileIdentity(path: path) else {
      throw .system(operation: "stat", path: path, code: errno)
    }
    self.identity = identity
    try socket.check(listen(socket.descriptor, backlog), "listen", path)
    descriptor = socket.release()
    _ = consume lock
  }

  /// Takes no further connections and removes the file, if it is still ours.
  ///
  /// Connections that wait already are still accepted, then `accept` says `closed`: nginx has sent
  /// these requests and would report a failure to the client, whereas a connection that is refused
  /// from now on has sent nothing, and nginx can turn to another server.
  public func close() {
    isOpen.withLock { isOpen in
      guard isOpen else { return }
      isOpen = false
      removeFile()
      // Wakes every waiting thread. The descriptor itself stays until the last thread is gone: its
      // number could otherwise be that of another file when a late thread uses it.
      shutdown(descriptor, Int32(SHUT_RDWR))
    }
  }

  deinit {
    close()
    Glibc.close(descriptor)
  }

  /// Waits for the next connection.
  ///
  /// Linux wakes one of the waiting threads for each connection, so that many may wait and no lock
  /// is needed.
  func accept() -> Acceptance {
    while true {
      let connection = accept4(descriptor, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
      if connection >= 0 { return .connection(Connection(taking: connection)) }
      switch errno {
      case EINTR: continue
      case EINVAL: return .closed
      default: return .failed(code: errno)
      }
    }
  }

  /// As long as we listen nobody replaces the file; the check and the removal are therefore one.
  private func removeFile() {
    guard let lock = try? FolderLock(ofFileAt: path) else { return }
    if FileIdentity(path: path) == identity { unsafe unlink(path) }
    _ = consume lock
  }

  private static func removeDeadSocket(
    at path: String, _ address: SocketAddress
  ) throws(FastCGIError) {
    guard let found = FileIdentity(path: path) else { return }
    guard found.isSocket else { throw .notASocket(path: path) }
    let probe = try UnixSocket()
    guard probe.connect(to: address) != 0 else { throw .socketInUse(path: path) }
    // Only a refusal proves that nobody listens. A full backlog, say, is a sign of much life.
    guard errno == ECONNREFUSED else {
      if errno == EAGAIN { throw .socketInUse(path: path) }
      throw .system(operation: "connect", path: path, code: errno)
    }
    try probe.check(unsafe unlink(path), "unlink", path)
  }
}

/// What waiting for a connection came to.
enum Acceptance: ~Copyable {
  case connection(Connection)
  /// The socket was closed and nobody waits any more.
  case closed
  /// The system has no descriptor or no memory to give right now.
  case failed(code: Int32)
}
