import Glibc

/// A span of time until work is due, in microseconds.
///
/// Debug builds divide it by the environment variable `WEIXINPAY_HASTE`, so that tests live through
/// days of waiting in seconds; release builds do not know the variable.
package func dueAfter(seconds: Int64) -> Int64 {
  #if CRASH_POINTS
    seconds * 1_000_000 / haste
  #else
    seconds * 1_000_000
  #endif
}

/// As many seconds of waiting as a span of time is, in microseconds, rounded up: the other way round.
package func secondsUntilDue(microseconds: Int64) -> Int64 {
  #if CRASH_POINTS
    (microseconds * haste + 999_999) / 1_000_000
  #else
    (microseconds + 999_999) / 1_000_000
  #endif
}

#if CRASH_POINTS
  private let haste: Int64 = {
    guard let text = unsafe getenv("WEIXINPAY_HASTE") else { return 1 }
    guard let haste = unsafe Int64(String(cString: text)), haste > 0 else {
      preconditionFailure("WEIXINPAY_HASTE is a number above 0.")
    }
    return haste
  }()
#endif
