import CFastCGI
import Glibc

/// A Unix domain stream socket that nobody else has yet. Closes when it goes out of scope.
struct UnixSocket: ~Copyable {
  let descriptor: Int32

  /// A full backlog must not hold up the probe of a living socket, and a thread that looks for a
  /// connection must not be caught there, hence non-blocking.
  init() throws(FastCGIError) {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw .system(operation: "socket", path: "", code: errno) }
  }

  deinit { close(descriptor) }

  func bind(to address: SocketAddress) -> Int32 {
    unsafe address.withPointer { unsafe Glibc.bind(descriptor, $0, $1) }
  }

  func connect(to address: SocketAddress) -> Int32 {
    unsafe address.withPointer { unsafe Glibc.connect(descriptor, $0, $1) }
  }

  func check(_ outcome: Int32, _ operation: String, _ path: String) throws(FastCGIError) {
    guard outcome == 0 else { throw .system(operation: operation, path: path, code: errno) }
  }

  /// Gives the descriptor away; whoever takes it closes it.
  consuming func release() -> Int32 {
    let descriptor = descriptor
    discard self
    return descriptor
  }
}
