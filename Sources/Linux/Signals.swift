import Glibc

/// What somebody outside wants of the process.
package enum Signal: Equatable, Sendable {
  /// SIGTERM or SIGINT: finish what is begun, then end.
  case terminate
  /// SIGHUP: read configuration and keys again.
  case reload
}

/// Signals as words for one waiting thread; no handler ever interrupts another thread's work.
package enum Signals {
  /// Blocks SIGTERM, SIGINT and SIGHUP for this thread and all it starts from now on.
  ///
  /// To be called first in the main thread: a signal goes to any thread that does not block it, and
  /// kills the process there.
  package static func block() {
    var waited = SignalSet.waitedFor
    unsafe pthread_sigmask(SIG_BLOCK, &waited, nil)
  }

  /// Blocks SIGTERM as `block` does, and ignores the others: a terminal sends SIGINT and SIGHUP to
  /// all processes of a group, and what they mean is for the supervisor of this one to decide.
  package static func heedSupervisorOnly() {
    block()
    for number in [SIGINT, SIGHUP] { signal(number, SIG_IGN) }
    // One that is blocked waits even if it is ignored.
    var others = sigset_t()
    unsafe sigemptyset(&others)
    for number in [SIGINT, SIGHUP] { unsafe sigaddset(&others, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &others, nil)
  }

  /// Waits for the next of the blocked signals.
  package static func wait() -> Signal {
    var waited = SignalSet.waitedFor
    while true {
      var number: Int32 = 0
      let outcome = unsafe sigwait(&waited, &number)
      precondition(outcome == 0, "sigwait fails on no set of existing signals.")
      switch number {
      case SIGTERM, SIGINT: return .terminate
      case SIGHUP: return .reload
      default: continue
      }
    }
  }

  /// Lets a write to a closed connection fail with EPIPE instead of killing the process.
  package static func ignoreBrokenPipe() {
    signal(SIGPIPE, SIG_IGN)
  }
}

enum SignalSet {
  static var waitedFor: sigset_t {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for number in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&set, number) }
    return set
  }

  /// Blocking a fault's own signal would kill the process without the report of where it happened.
  static var allButFaults: sigset_t {
    var set = sigset_t()
    unsafe sigfillset(&set)
    for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS] {
      unsafe sigdelset(&set, number)
    }
    return set
  }
}
