import CLinux
import Glibc

/// Descriptors 0, 1 and 2: what they must be before anything else is opened, and what became of
/// the output at the end.
package enum StandardStreams {
  /// Opens /dev/null in place of those that are closed. To be called before anything is opened:
  /// otherwise a socket would get such a number, and lines of the log be sent into it.
  ///
  /// In place of the output it can only be read, so that who writes there learns that it is lost.
  package static func open() {
    // In this order: a new descriptor gets the lowest number that is free.
    for (stream, mode) in [
      (STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDWR),
    ]
    where fcntl(stream, F_GETFD) == -1 && errno == EBADF {
      _ = unsafe Glibc.open("/dev/null", mode)
    }
  }

  /// Has the program end with exit code 74 and a sentence, when something that was printed could
  /// not be written: to a full disk, for instance. What waits for standard error is written, too.
  ///
  /// To be called once, at the start.
  package static func checkOutputAtExit() {
    atexit {
      errno = 0
      let isLost = weixinpay_finish_output() != 0
      let reason = errno == 0 ? "" : " (\(systemMessage(for: errno)))"
      if isLost {
        writeToStandardError(
          Array(
            """
            The output could not be written\(reason). What the command was to do may be \
            done; a token that was to be shown is lost, revoke it.

            """.utf8))
      }
      LineOutput.standardError.flush(patience: .milliseconds(500))
      if isLost { _exit(outputLost) }
    }
  }
}

/// Exit code of a program whose output was lost (`EX_IOERR` of `sysexits.h`).
private let outputLost: Int32 = 74
