import CLinux
import Glibc

/// Keeps the process from leaving a core file: its memory holds keys, tokens and openids.
/// Wraps `setrlimit(RLIMIT_CORE)`.
///
/// - Throws: `LinuxError` when the system does not allow it.
package func forbidCoreDumps() throws(LinuxError) {
  var none = rlimit(rlim_cur: 0, rlim_max: 0)
  guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) == 0 else {
    throw LinuxError(operation: "forbid core dumps", code: errno)
  }
}

/// Keeps other programs of the same account from reading the process's memory, and the system from
/// handing it to a program that collects crashes, which no limit on core files binds.
///
/// Wraps `prctl(PR_SET_DUMPABLE)`. A child starts without it.
package func forbidInspection() { _ = weixinpay_set_dumpable(0) }

/// Whether `forbidInspection` is in force.
var isInspectionForbidden: Bool { weixinpay_dumpable() == 0 }
