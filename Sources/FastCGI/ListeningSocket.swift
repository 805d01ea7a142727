import CFastCGI
import Dispatch
import Glibc
import Synchronization

/// A Unix domain socket at a path, where nginx connects.
///
/// libfcgi's own `FCGX_OpenSocket` takes the path away from a living process, ends the process when
/// it fails and lets children inherit the socket; hence this one.
///
/// Several processes may take connections from one socket: one opens it, the others are given its
/// descriptor (`init(inherited:)`).
package final class ListeningSocket: Sendable {
  /// `sun_path` has 108 bytes, the last of which ends the string.
  static let maximumPathBytes = 107

  /// Where the file stands: at most 107 bytes.
  package let path: String
  /// The descriptor's number, for a process that is to inherit it.
  package let descriptor: Int32
  /// Nil when somebody else made the file; it is then not ours to remove.
  private let identity: FileIdentity?
  private let isOpen = Mutex(true)
  private let departure: Departure
  /// Held by the one thread that waits for the next connection.
  private let turn = DispatchSemaphore(value: 1)

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
  package init(path: String, mode: UInt32 = 0o660, backlog: Int32 = 1024) throws(FastCGIError) {
    self.path = path
    let address = try SocketAddress(path: path)
    departure = try Departure()
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

  /// Takes connections from a socket that the parent process, or systemd, has opened.
  ///
  /// The descriptor is ours from now on, and no child of ours inherits it by accident.
  ///
  /// - Throws: `FastCGIError.notListening` when the descriptor is anything else.
  package init(inherited descriptor: Int32) throws(FastCGIError) {
    path = try InheritedDescriptor(descriptor).path()
    departure = try Departure()
    identity = nil
    self.descriptor = descriptor
  }

  /// Lets nobody connect any more, whichever process takes the connections, and removes the file,
  /// if it is ours.
  ///
  /// Connections that wait already are still accepted, then `accept` says `closed`: nginx has sent
  /// these requests and would report a failure to the client, whereas a connection that is refused
  /// from now on has sent nothing, and nginx can turn to another server.
  package func close() {
    isOpen.withLock { isOpen in
      guard isOpen else { return }
      isOpen = false
      removeFile()
      // Wakes every waiting thread, in every process. The descriptor itself stays until the last
      // thread is gone: its number could otherwise be that of another file when a late thread uses
      // it.
      shutdown(descriptor, Int32(SHUT_RDWR))
    }
  }

  /// Takes no further connections in this process; the socket stays open for the others.
  ///
  /// What waits is left to them, unless the socket was closed: then it is accepted before `accept`
  /// says `closed`.
  package func leave() { departure.announce() }

  /// Takes no further connections because this process cannot: `close` if the socket is ours, and
  /// else `leave`, for closing it would end those who can.
  package func giveUp() { if identity != nil { close() } else { leave() } }

  deinit {
    if identity != nil { close() }
    Glibc.close(descriptor)
  }

  /// Waits for the next connection.
  ///
  /// Of all threads one waits at the socket, the others for its place: a connection wakes one thread
  /// of each process, however many there are. Nothing that a peer can delay is done meanwhile. (If
  /// all threads waited in accept4(2), nothing but closing the socket, for every process, would
  /// bring them back.)
  func accept() -> Acceptance {
    turn.wait()
    defer { turn.signal() }
    var isClosed = false
    while true {
      if departure.isAnnounced, !isClosed {
        isClosed = departure.isClosed(descriptor)
        guard isClosed else { return .closed }
      }
      let connection = accept4(descriptor, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
      if connection >= 0 { return .connection(Connection(taking: connection)) }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        // Nobody can connect to a closed socket: found empty, it stays empty.
        if isClosed { return .closed }
        isClosed = departure.waitForConnection(at: descriptor)
      default: return .failed(code: errno)
      }
    }
  }

  /// As long as we listen nobody replaces the file; the check and the removal are therefore one.
  private func removeFile() {
    guard let identity, let lock = try? FolderLock(ofFileAt: path) else { return }
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
  /// The socket was closed and nobody waits any more, or this process has left it.
  case closed
  /// The system has no descriptor or no memory to give right now.
  case failed(code: Int32)
}
