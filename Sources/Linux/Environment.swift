import Glibc

/// The variables of the process's environment.
package enum Environment {
  /// What may stay: how to write to a terminal, who called sudo, and what systemd tells a service.
  ///
  /// Everything else goes, because the libraries below us obey variables that nobody meant for
  /// them: `https_proxy`, `SSL_CERT_FILE`, `SSLKEYLOGFILE`, `OPENSSL_CONF`, `MARIADB_PLUGIN_DIR`.
  static let allowed: [String] = {
    let terminal = ["TERM", "COLUMNS", "NO_COLOR", "LANG", "LC_ALL", "LC_MESSAGES", "SUDO_USER"]
    let systemd = [
      "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID",
      "LISTEN_FDNAMES", "JOURNAL_STREAM", "INVOCATION_ID",
    ]
    #if CRASH_POINTS
      return terminal + systemd + [logFormat, "WEIXINPAY_CRASH_POINT", "WEIXINPAY_HASTE"]
    #else
      return terminal + systemd + [logFormat]
    #endif
  }()

  /// How a supervisor tells its workers the format of its log. A worker that does not know the
  /// variable, being of another release, does without; an unknown option would end it.
  package static let logFormat = "WEIXINPAY_LOG_FORMAT"

  /// The value of a variable; nil when it is not set.
  ///
  /// Source: `getenv(3)`.
  package static func value(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// What a worker process inherits: all of ours but what systemd tells this very process.
  ///
  /// - Parameter logFormat: how the supervisor writes its log.
  package static func ofWorkers(logFormat format: String) -> [String] {
    let own = [
      "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID",
      "LISTEN_FDNAMES", "SUDO_USER", logFormat,
    ]
    return allowed.filter { !own.contains($0) }
      .compactMap { name in value(name).map { "\(name)=\($0)" } } + ["\(logFormat)=\(format)"]
  }

  /// Removes every variable that is not allowed.
  ///
  /// To be called before any thread is started: `setenv(3)` and `getenv(3)` race.
  package static func scrub() {
    let kept = allowed.compactMap { name in value(name).map { (name, $0) } }
    clearenv()
    for (name, value) in kept { unsafe setenv(name, value, 1) }
  }
}

/// Whether a stream is a terminal: `0` standard input, `1` output, `2` error.
///
/// Source: `isatty(3)`.
package func isTerminal(_ stream: Int32) -> Bool { isatty(stream) == 1 }
