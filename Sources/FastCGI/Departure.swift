import CFastCGI
import Glibc
import Synchronization

/// A word to the thread that waits at a listening socket: this process takes no more. Wraps
/// `eventfd(2)`.
struct Departure: ~Copyable {
  private let event: Int32
  private let wasAnnounced = Atomic(false)

  init() throws(FastCGIError) {
    event = eventfd(0, Int32(EFD_CLOEXEC))
    guard event >= 0 else { throw .system(operation: "eventfd", path: "", code: errno) }
  }

  deinit { close(event) }

  /// Whether there is no need to wait.
  var isAnnounced: Bool { wasAnnounced.load(ordering: .acquiring) }

  /// Ends the waiting, now and for ever: nobody reads the event.
  func announce() {
    guard !wasAnnounced.exchange(true, ordering: .acquiringAndReleasing) else { return }
    eventfd_write(event, 1)
  }

  /// Waits until somebody connects, the socket is closed or the departure is announced.
  ///
  /// - Returns: whether the socket is closed, for whomever.
  func waitForConnection(at socket: Int32) -> Bool { look(at: socket, patience: -1) }

  /// Whether the socket is closed, for whomever.
  func isClosed(_ socket: Int32) -> Bool { look(at: socket, patience: 0) }

  private func look(at socket: Int32, patience: Int32) -> Bool {
    var watched = [
      pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
      pollfd(fd: event, events: Int16(POLLIN), revents: 0),
    ]
    // A signal's interruption is as good as a look that saw nothing: the caller looks again.
    unsafe poll(&watched, nfds_t(watched.count), patience)
    return watched[0].revents & Int16(POLLHUP) != 0
  }
}
