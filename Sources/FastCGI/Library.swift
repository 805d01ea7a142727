import CFastCGI
import Glibc

/// libfcgi's one initialization in the life of the process.
enum Library {
  /// Touched before the first request; Swift runs it once, whatever the number of threads.
  static let isInitialized: Bool = {
    // FCGX_Init puts handlers of its own on these signals, without SA_RESTART and whatever was
    // there: its way of shutting down does not wake all threads, and ours needs none.
    let kept = [SIGTERM, SIGUSR1].map { number in
      var action = sigaction()
      unsafe sigaction(number, nil, &action)
      return (number, action)
    }
    let outcome = FCGX_Init()
    precondition(outcome == 0, "libfcgi needs nothing that could be missing here.")
    for (number, var action) in kept { unsafe sigaction(number, &action, nil) }
    // nginx may leave at any time; the write then fails and the worker goes on.
    signal(SIGPIPE, SIG_IGN)
    return true
  }()
}
