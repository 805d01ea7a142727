import Glibc
import Synchronization

/// A place where a debug build can be killed, so that tests prove what survives a power cut there.
///
/// When the environment variable `WEIXINPAY_CRASH_POINT` equals `name`, the process kills itself
/// (SIGKILL, hence no destructor and no handler runs) as it passes; `name:3` does so at the third
/// pass. In release builds the body is empty and vanishes.
@inlinable package func crashPoint(_ name: StaticString) {
  #if CRASH_POINTS
    CrashPoints.pass(name)
  #endif
}

#if CRASH_POINTS
  @usableFromInline enum CrashPoints {
    private static let armed = ArmedCrashPoint()
    private static let passes = Atomic<Int>(0)

    @usableFromInline static func pass(_ name: StaticString) {
      guard let armed, armed.name == name.description else { return }
      let pass = passes.add(1, ordering: .relaxed).newValue
      if pass == armed.pass { kill(getpid(), SIGKILL) }
    }
  }

  private struct ArmedCrashPoint {
    let name: String
    let pass: Int

    init?() {
      guard let text = unsafe getenv("WEIXINPAY_CRASH_POINT") else { return nil }
      let parts = unsafe String(cString: text)
        .split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      // A point that never comes would let a test pass that proves nothing.
      guard !parts[0].isEmpty, let pass = parts.count == 1 ? 1 : Int(parts[1]), pass > 0 else {
        preconditionFailure("WEIXINPAY_CRASH_POINT is a name, or a name, a colon and a number.")
      }
      name = String(parts[0])
      self.pass = pass
    }
  }
#endif
