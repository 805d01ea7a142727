import Glibc

/// Keeps the process from leaving a core file: its memory holds keys, tokens and openids.
/// Wraps `setrlimit(RLIMIT_CORE)`.
///
/// - Throws: `LinuxError` when the system does not allow it.
public func forbidCoreDumps() throws(LinuxError) {
  var none = rlimit(rlim_cur: 0, rlim_max: 0)
  guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0 else {
    throw LinuxError(operation: "forbid core dumps", code: errno)
  }
}
