import Glibc

/// One end of a connection between a process and the child that it supervises.
///
/// The child says over it that it works; and either end sees the other's process end, however that
/// happens, because the kernel then closes it. (PR_SET_PDEATHSIG would tell the child of the end of
/// the *thread* that started it.)
package final class Lifeline: Sendable {
  /// What came over it.
  package enum Message: Equatable, Sendable {
    /// The byte that the other end has sent.
    case byte(UInt8)
    /// The other end is closed: its process has ended.
    case ended
  }

  /// The descriptor's number, for the child that is to inherit it.
  package let descriptor: Int32
  private let endsWithProcess: Bool

  /// Takes over an end that the parent process has left to us; no child of ours inherits it.
  ///
  /// It is closed by the end of the process and by nothing else, for that is what it tells.
  ///
  /// - Throws: `LinuxError` when there is no such descriptor.
  package init(inherited descriptor: Int32) throws(LinuxError) {
    guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
      throw LinuxError(operation: "fcntl (lifeline)", code: errno)
    }
    self.descriptor = descriptor
    endsWithProcess = true
  }

  private init(taking descriptor: Int32) {
    self.descriptor = descriptor
    endsWithProcess = false
  }

  deinit { if !endsWithProcess { close(descriptor) } }

  /// Two ends, neither of which is inherited by accident. Each closes when it goes out of scope.
  ///
  /// - Throws: `LinuxError` when the system has no descriptors to give.
  package static func pair() throws(LinuxError) -> (Lifeline, Lifeline) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else {
      throw LinuxError(operation: "socketpair", code: errno)
    }
    return (Lifeline(taking: ends[0]), Lifeline(taking: ends[1]))
  }

  /// Sends a byte; nothing happens when the other end is closed.
  package func send(_ byte: UInt8) {
    _ = unsafe withUnsafePointer(to: byte) {
      unsafe Glibc.send(descriptor, $0, 1, Int32(MSG_NOSIGNAL))
    }
  }

  /// Waits for the next message.
  package func receive() -> Message {
    while true {
      var byte: UInt8 = 0
      switch unsafe recv(descriptor, &byte, 1, 0) {
      case 1: return .byte(byte)
      case -1 where errno == EINTR: continue
      default: return .ended
      }
    }
  }

  /// Waits until some of them have a message to receive.
  ///
  /// - Parameter deadline: nil to wait for ever.
  /// - Returns: the indices of those; none at the deadline.
  package static func wait(
    for lifelines: [Lifeline], until deadline: ContinuousClock.Instant?
  ) -> [Int] {
    var watched = lifelines.map {
      pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0)
    }
    while true {
      let left = deadline.map { max(.zero, $0 - .now) }
      // Rounded up, so that the deadline has passed when nothing came.
      let milliseconds = left.map { Int32(clamping: Int64($0 / .milliseconds(1)) + 1) } ?? -1
      if unsafe poll(&watched, nfds_t(watched.count), milliseconds) >= 0 || errno != EINTR {
        return watched.indices.filter { watched[$0].revents != 0 }
      }
    }
  }
}
