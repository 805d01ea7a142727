import Dispatch
import Glibc
import Synchronization

/// Lines on their way to a descriptor that may take no more: a full pipe, a journal that stands
/// still. Who writes a line never waits; a thread of its own does.
///
/// Up to 4 MiB wait. What comes then is lost and counted, as is what the descriptor refuses (a full
/// disk, a closed pipe); as soon as it takes lines again, one more says how many there were.
package final class LineOutput: Sendable {
  /// Whatever the process says on its standard error stream while a log is written there.
  package static let standardError = LineOutput(descriptor: STDERR_FILENO)

  private static let capacityBytes = 4 << 20

  private struct State {
    var lines: [[UInt8]] = []
    var bytes = 0
    /// How many lines were lost since the last that said so.
    var lost = 0
    /// How to say it.
    var note: (@Sendable (Int) -> [UInt8])?
    var hasThread = false
    var isWriting = false
    /// How many lines the descriptor has taken or refused.
    var written = 0
    var isAsleep = false
  }

  private let descriptor: Int32
  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Hands over a line, and returns at once.
  ///
  /// - Parameter note: the line that says how many were lost.
  package func write(_ line: [UInt8], note: @escaping @Sendable (_ lost: Int) -> [UInt8]) {
    guard hasThread() else { return writeNow(line) }
    let isAsleep = state.withLock { state in
      state.note = note
      guard state.bytes + line.count <= Self.capacityBytes else {
        state.lost += 1
        return false
      }
      state.lines.append(line)
      state.bytes += line.count
      defer { state.isAsleep = false }
      return state.isAsleep
    }
    if isAsleep { wake.signal() }
  }

  /// Whether lines are written by the thread: then everything is to go this way, or would overtake.
  var isInUse: Bool { state.withLock { $0.hasThread } }

  /// Hands over what is no line of a log, such as the last words of a program.
  func write(_ bytes: [UInt8]) {
    let note = state.withLock { $0.note }
    write(bytes, note: note ?? { Array("\($0) lines were lost\n".utf8) })
  }

  /// Waits until everything is written, but no longer than `patience` without a line that is taken.
  package func flush(patience: Duration) {
    var written = -1
    var deadline = ContinuousClock.now
    while true {
      let (isBusy, now) = state.withLock {
        ($0.hasThread && ($0.isWriting || !$0.lines.isEmpty), $0.written)
      }
      if now != written {
        written = now
        deadline = .now + patience
      }
      guard isBusy, ContinuousClock.now < deadline else { return }
      usleep(1000)
    }
  }

  private func hasThread() -> Bool {
    let isFirst = state.withLock { state in
      defer { state.hasThread = true }
      return !state.hasThread
    }
    guard isFirst else { return true }
    do throws(LinuxError) {
      try NativeThread.start(name: "log") { self.run() }.detach()
      // What was said last tells why a process ends.
      if self === Self.standardError {
        atexit { LineOutput.standardError.flush(patience: .milliseconds(500)) }
      }
      return true
    } catch {
      // The next line tries again; this one may have to wait.
      state.withLock { $0.hasThread = false }
      return false
    }
  }

  private func run() -> Never {
    while true {
      let batch = state.withLock { state in
        state.isWriting = !state.lines.isEmpty
        state.isAsleep = state.lines.isEmpty
        defer {
          state.lines.removeAll()
          state.bytes = 0
        }
        return state.lines
      }
      guard !batch.isEmpty else {
        wake.wait()
        continue
      }
      var refused = 0
      // One call for each: lines of several processes in one pipe stay whole.
      for line in batch {
        if !writeAll(line) { refused += 1 }
        state.withLock { $0.written += 1 }
      }
      tellOfLoss(refused)
    }
  }

  /// Says how many lines are missing here, if any are and there is nothing else to be written.
  private func tellOfLoss(_ refused: Int) {
    let (lost, note) = state.withLock { state in
      state.lost += refused
      guard state.lines.isEmpty else { return (0, state.note) }
      defer { state.lost = 0 }
      return (state.lost, state.note)
    }
    guard lost > 0, let note, !writeAll(note(lost)) else { return }
    state.withLock { $0.lost += lost }
  }

  private func writeNow(_ line: [UInt8]) {
    if !writeAll(line) { state.withLock { $0.lost += 1 } }
  }

  private func writeAll(_ bytes: [UInt8]) -> Bool { writeWhole(bytes, to: descriptor) }
}

/// Writes bytes, all of them in one call as far as the system lets us.
///
/// - Returns: whether all could be written.
func writeWhole(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let written = unsafe rest.withUnsafeBytes {
      unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
    }
    if written > 0 {
      rest = rest.dropFirst(written)
    } else if errno == EAGAIN {
      // Another process that shares the descriptor has made it non-blocking.
      var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = unsafe poll(&entry, 1, -1)
    } else if errno != EINTR {
      return false
    }
  }
  return true
}
