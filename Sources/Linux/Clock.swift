import Glibc

/// The wall clock (`CLOCK_REALTIME`): microseconds since 1970-01-01T00:00:00Z.
///
/// It may jump; only records and people read it. Deadlines use `ContinuousClock`.
package func microsecondsSince1970() -> Int64 {
  var now = timespec()
  let outcome = unsafe clock_gettime(CLOCK_REALTIME, &now)
  precondition(outcome == 0, "Linux always has a wall clock.")
  return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
}
