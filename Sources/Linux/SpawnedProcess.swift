import CLinux
import Glibc

/// A program that this process has started.
///
/// Started by `posix_spawn(3)`: nothing of ours runs in the child between its creation and the
/// program, where after fork(2) only async-signal-safe calls would be allowed.
package struct SpawnedProcess: Sendable {
  /// How it ended.
  package enum Ending: Equatable, Sendable {
    /// By itself, with this exit code.
    case code(Int32)
    /// By this signal.
    case signal(Int32)
  }

  /// The process's number.
  package let id: Int32

  /// Starts a program.
  ///
  /// The child has our standard streams, our set of blocked signals and the descriptors that are
  /// named here, from 3 on; no others, however they were opened or came to us.
  ///
  /// - Parameters:
  ///   - executable: its path.
  ///   - arguments: without the program's own name.
  ///   - environment: `NAME=value`.
  ///   - descriptors: those that it inherits: the first as 3, the next as 4.
  /// - Throws: `LinuxError` when it cannot be started.
  package static func start(
    _ executable: String, _ arguments: [String], environment: [String],
    inheriting descriptors: [Int32]
  ) throws(LinuxError) -> SpawnedProcess {
    var actions = unsafe posix_spawn_file_actions_t()
    try check(unsafe posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init")
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    let firstFree = Int32(3 + descriptors.count)
    var copies: [Int32] = []
    defer { for copy in copies { close(copy) } }
    for (index, descriptor) in descriptors.enumerated() {
      // A copy above all targets: one that is moved to its place must not cover the next to be moved.
      let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, firstFree)
      guard copy >= 0 else { throw LinuxError(operation: "fcntl (F_DUPFD)", code: errno) }
      copies.append(copy)
      try check(
        unsafe posix_spawn_file_actions_adddup2(&actions, copy, Int32(3 + index)),
        "posix_spawn_file_actions_adddup2")
    }
    try unsafe closeOthers(&actions, from: firstFree)

    var id: pid_t = 0
    let outcome = unsafe withCStrings([executable] + arguments) { arguments in
      unsafe withCStrings(environment) { environment in
        unsafe posix_spawn(&id, executable, &actions, nil, arguments, environment)
      }
    }
    try check(outcome, "posix_spawn (\(executable))")
    return SpawnedProcess(id: id)
  }

  /// Asks it to end (SIGTERM).
  package func terminate() { kill(id, SIGTERM) }

  /// Ends it without asking (SIGKILL).
  package func kill9() { kill(id, SIGKILL) }

  /// Waits for its end. To be called once; until then the number is nobody else's.
  package func wait() -> Ending {
    var status: Int32 = 0
    while true {
      if unsafe waitpid(id, &status, 0) == id { break }
      precondition(errno == EINTR, "A child is waited for once, and by its parent.")
    }
    let signal = status & 0x7F
    return signal == 0 ? .code(status >> 8 & 0xFF) : .signal(signal)
  }

  private static func closeOthers(
    _ actions: inout posix_spawn_file_actions_t, from first: Int32
  ) throws(LinuxError) {
    let outcome = unsafe weixinpay_close_from(&actions, first)
    guard outcome == ENOSYS else { return try check(outcome, "posix_spawn (close from \(first))") }
    // glibc before 2.34. To close what is not open is no error there.
    for descriptor in first..<1024 {
      try check(
        unsafe posix_spawn_file_actions_addclose(&actions, descriptor),
        "posix_spawn_file_actions_addclose")
    }
  }

  private static func check(_ outcome: Int32, _ operation: String) throws(LinuxError) {
    guard outcome == 0 else { throw LinuxError(operation: operation, code: outcome) }
  }
}

/// Lends strings as a C array that ends with a null pointer.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var copies = unsafe strings.map { unsafe strdup($0) }
  unsafe copies.append(nil)
  defer { for index in unsafe copies.indices { unsafe free(copies[index]) } }
  return unsafe copies.withUnsafeBufferPointer { copies in
    guard let start = copies.baseAddress else {
      preconditionFailure("There is at least the null pointer.")
    }
    return unsafe body(start)
  }
}
