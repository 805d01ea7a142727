import Foundation
import Synchronization

/// A program that runs beside the tests and never outlives them.
///
/// The child leads a process group of its own. A guard, a shell in that group, reads from a socket
/// whose other end only this process holds: when this process ends, even by SIGKILL, the read
/// ends and the guard kills the group. (PR_SET_PDEATHSIG would not do: it fires when the
/// *thread* that started the child ends.) As long as the guard lives in the group, the kernel gives
/// the group's number to nobody else, so it cannot kill a stranger.
package final class ChildProcess: Sendable {
  /// How a child ended.
  package enum Exit: Equatable, Sendable {
    /// By itself, with this exit code.
    case code(Int32)
    /// By this signal.
    case signal(Int32)
  }

  /// The program's process id; its workers, if it has any, are in the group of the same number.
  package let pid: pid_t

  private let lifeline: Int32
  private let exit = Mutex<Exit?>(nil)

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - executable: a path, or a name to look up in `PATH`.
  ///   - environment: added to this process's own.
  ///   - log: the file its output and errors are appended to; `nil` throws them away.
  ///   - folder: removed when this process ends without having ended the child.
  /// - Throws: `TestSupportError` when it cannot be started. A name that does not exist shows as
  ///   exit code 127.
  package static func start(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
    log: String? = nil, removing folder: TemporaryFolder? = nil
  ) throws -> ChildProcess {
    // Not `pipe`: another thread's child must not inherit the end that is to close with us.
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw failure("make a pipe", errno) }
    defer { close(ends[0]) }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, 1, log ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    posix_spawn_file_actions_adddup2(&actions, ends[0], 3)

    // Signals that a library blocked or ignored here must reach the child.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

    let words = ["bash", "-c", launcher, folder?.path ?? "", executable] + arguments
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    var pid: pid_t = 0
    let code = withCStrings(words) { words in
      withCStrings(variables.map { "\($0)=\($1)" }) { variables in
        posix_spawn(&pid, "/bin/bash", &actions, &attributes, words, variables)
      }
    }
    guard code == 0 else {
      close(ends[1])
      throw failure("start \(executable)", code)
    }
    return ChildProcess(pid: pid, lifeline: ends[1])
  }

  /// Runs a program to its end.
  ///
  /// - Returns: what it wrote to its output and errors.
  /// - Throws: `TestSupportError` with the same when it fails or takes too long.
  @discardableResult package static func run(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
    patience: Duration = .seconds(60)
  ) throws -> String {
    let folder = try TemporaryFolder()
    let log = folder.file("log")
    let child = try start(
      executable, arguments, environment: environment, log: log, removing: folder)
    let exit = try child.wait(patience: patience)
    let output = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    guard exit == .code(0) else {
      throw TestSupportError("\(executable) failed (\(exit)):\n\(output)")
    }
    return output
  }

  private init(pid: pid_t, lifeline: Int32) {
    self.pid = pid
    self.lifeline = lifeline
  }

  deinit {
    // One line of any content dismisses the guard; it takes the group with it.
    _ = Foundation.write(lifeline, "\n", 1)
    close(lifeline)
    kill9()
    _ = try? wait()
  }

  /// Whether the program has not ended yet.
  package var isRunning: Bool { reap() == nil }

  /// Asks the program to end: SIGTERM.
  package func terminate() { send(SIGTERM) }

  /// Ends the program as a power cut would: SIGKILL.
  package func kill9() { send(SIGKILL) }

  /// Stops the program in its tracks: SIGSTOP. Returns when all its threads stand still, which the
  /// signal alone does not promise: one that runs on another processor goes on for a while.
  package func freeze() {
    exit.withLock { exit in
      guard exit == nil else { return }
      kill(pid, SIGSTOP)
      var information = siginfo_t()
      // A program that ends instead is left for `reap`.
      waitid(P_PID, id_t(pid), &information, WSTOPPED | WEXITED | WNOWAIT)
    }
  }

  /// Sends a signal to the program alone; nothing happens when it has ended.
  package func send(_ signal: Int32) {
    exit.withLock { if $0 == nil { kill(pid, signal) } }
  }

  /// Waits for the program's end.
  ///
  /// - Throws: `TestSupportError` when it still runs after `patience`.
  @discardableResult
  package func wait(patience: Duration = .seconds(30)) throws -> Exit {
    let end = ContinuousClock.now + patience
    while true {
      if let exit = reap() { return exit }
      guard ContinuousClock.now < end else {
        throw TestSupportError("process \(pid) still runs after \(patience)")
      }
      usleep(5_000)
    }
  }

  private func reap() -> Exit? {
    exit.withLock { exit in
      var status: Int32 = 0
      if exit == nil, waitpid(pid, &status, WNOHANG) == pid {
        let signal = status & 0x7f
        exit = signal == 0 ? .code(status >> 8 & 0xff) : .signal(signal)
      }
      return exit
    }
  }

  /// `$0` is the folder to remove; the rest is the program. The guard goes to the background, the
  /// program takes the shell's place and so keeps its process id. Descriptors that libraries left
  /// open for children are closed: a database connection held by a child would never end.
  private static let launcher = """
    for entry in /proc/self/fd/*; do
      descriptor=${entry##*/}
      if ((descriptor > 3)); then exec {descriptor}<&-; fi
    done
    (read -r _ || { kill -KILL $$; [ -z "$0" ] || rm -rf -- "$0"; }; kill -KILL -- -$$) \
    <&3 >/dev/null 2>&1 &
    exec 3<&-
    exec "$@"
    """

  private static func failure(_ action: String, _ code: Int32) -> TestSupportError {
    TestSupportError("cannot \(action): \(String(cString: strerror(code)))")
  }
}

/// Lends `strings` as a C array that ends with a null pointer.
private func withCStrings<Result>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let copies = strings.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return body(copies + [nil])
}
