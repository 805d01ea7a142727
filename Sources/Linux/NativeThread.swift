import CLinux
import Glibc

/// A thread of the operating system, for code that blocks in C libraries.
///
/// Swift's own concurrency has one thread per core; one blocking call on each would stop every
/// task. Signals are blocked in the thread, except those that a fault of its own raises: libfcgi
/// gives up a request when a signal interrupts it.
package struct NativeThread: Sendable {
  private let identity: pthread_t

  /// Starts a thread that runs `body` and ends with it.
  ///
  /// - Parameters:
  ///   - name: shown by `top -H` and debuggers, cut to 15 bytes.
  ///   - stackBytes: address space for the stack; memory is used only as far as it is touched.
  /// - Throws: `LinuxError` when the system has no thread to give (`EAGAIN`), or refuses the stack.
  package static func start(
    name: String, stackBytes: Int = 512 << 10, _ body: @escaping @Sendable () -> Void
  ) throws(LinuxError) -> NativeThread {
    var attributes = pthread_attr_t()
    try check(unsafe pthread_attr_init(&attributes), "pthread_attr_init (\(name))")
    defer { unsafe pthread_attr_destroy(&attributes) }
    try check(
      unsafe pthread_attr_setstacksize(&attributes, stackBytes),
      "pthread_attr_setstacksize (\(name), \(stackBytes) bytes)")

    let work = unsafe Unmanaged.passRetained(Work(name: name, body: body))
    // A thread starts with its parent's mask: were it set in the new thread, a signal could still
    // arrive before.
    var inherited = sigset_t()
    var blocked = SignalSet.allButFaults
    unsafe pthread_sigmask(SIG_SETMASK, &blocked, &inherited)
    var identity = pthread_t()
    let outcome = unsafe pthread_create(&identity, &attributes, runWork, work.toOpaque())
    unsafe pthread_sigmask(SIG_SETMASK, &inherited, nil)
    guard outcome == 0 else {
      unsafe work.release()
      throw LinuxError(operation: "pthread_create (\(name))", code: outcome)
    }
    return NativeThread(identity: identity)
  }

  /// Waits until the thread has ended, and frees its stack. To be called once, or else `detach`.
  package func join() {
    let outcome = pthread_join(identity, nil)
    precondition(outcome == 0, "A thread is joined once, and not by itself.")
  }

  /// Leaves the thread to itself: its stack is freed when it ends, whenever that is. To be called
  /// once, or else `join`.
  package func detach() {
    let outcome = pthread_detach(identity)
    precondition(outcome == 0, "A thread is detached once, and not after it was joined.")
  }

  private static func check(_ outcome: Int32, _ operation: String) throws(LinuxError) {
    guard outcome == 0 else { throw LinuxError(operation: operation, code: outcome) }
  }
}

/// What a thread runs, on its way through C's one pointer.
private final class Work: Sendable {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

private func runWork(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let argument = unsafe argument else {
    preconditionFailure("A thread is started with its work.")
  }
  let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
  nameThisThread(work.name)
  work.body()
  return nil
}

/// For `top -H` and debuggers.
private func nameThisThread(_ name: String) {
  unsafe name.withCString { unsafe weixinpay_name_thread($0) }
}
