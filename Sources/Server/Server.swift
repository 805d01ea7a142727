import Dispatch
public import FastCGI
public import Linux
public import Logging
import Synchronization

/// Answers FastCGI requests on its listeners, each with threads of its own.
///
/// A handler may block for as long as its deadline says. One that traps ends the process: a state
/// nobody thought of is left to the supervisor's restart and the duties.
public final class Server: Sendable {
  /// How a run ended.
  public enum Ending: Equatable, Sendable {
    /// Every request that was accepted has been answered.
    case drained
    /// So many workers were still busy when patience ran out; ending the process cuts them off.
    case abandoned(workers: Int)
    /// The system had no thread to give; what ran already was drained.
    case outOfThreads(LinuxError)
  }

  private let loops: [AcceptLoop]
  private let stopped = DispatchSemaphore(value: 0)
  private let workers = DispatchGroup()
  private let running = Atomic<Int>(0)

  /// Opens the listeners' sockets. Requests wait there until `run`.
  ///
  /// - Parameters:
  ///   - allowedUserIDs: accounts whose processes may connect: that of nginx's workers.
  ///   - respond: answers one request of the named listener; runs on many threads at once.
  /// - Throws: `FastCGIError` when a socket cannot be opened, for one because another server
  ///   listens there; none stays open then.
  public init(
    listeners: [Listener], allowedUserIDs: Set<UInt32>, logger: Logger,
    respond: @escaping @Sendable (Request, _ listener: String) -> Response
  ) throws(FastCGIError) {
    var loops: [AcceptLoop] = []
    for listener in listeners {
      loops.append(
        try AcceptLoop(
          listener: listener, allowedUserIDs: allowedUserIDs, logger: logger, respond: respond))
    }
    self.loops = loops
  }

  /// Answers requests until `stop`, then finishes what is begun. To be called once.
  ///
  /// Idle workers leave at once; busy ones have six seconds.
  @discardableResult public func run() -> Ending { run(patience: .seconds(6)) }

  func run(patience: DispatchTimeInterval) -> Ending {
    var threads: [NativeThread] = []
    var failure: LinuxError?
    do throws(LinuxError) {
      for loop in loops {
        for number in 0..<loop.listener.workers { threads.append(try start(loop, number)) }
      }
    } catch {
      // Half the workers would be half a service, and nobody would know.
      failure = error
      stop()
    }
    stopped.wait()
    guard workers.wait(timeout: .now() + patience) == .success else {
      for thread in threads { thread.detach() }
      return .abandoned(workers: running.load(ordering: .relaxed))
    }
    for thread in threads { thread.join() }
    return failure.map(Ending.outOfThreads) ?? .drained
  }

  private func start(_ loop: AcceptLoop, _ number: Int) throws(LinuxError) -> NativeThread {
    workers.enter()
    running.add(1, ordering: .relaxed)
    do throws(LinuxError) {
      return try NativeThread.start(name: "\(loop.listener.name)-\(number)") {
        loop.run()
        self.leave()
      }
    } catch {
      leave()
      throw error
    }
  }

  private func leave() {
    running.subtract(1, ordering: .relaxed)
    workers.leave()
  }

  /// Lets `run` finish. Any thread may call it, any number of times.
  public func stop() {
    for loop in loops { loop.close() }
    stopped.signal()
  }
}
