import Dispatch
package import FastCGI
package import Linux
package import Logging
import Synchronization

/// Answers FastCGI requests on its listeners, each with threads of its own.
///
/// A handler may block for as long as its deadline says. One that traps ends the process: a state
/// nobody thought of is left to the supervisor's restart and the duties.
package final class Server: Sendable {
  /// How a run ended.
  package enum Ending: Equatable, Sendable {
    /// Every request that was accepted has been answered.
    case drained
    /// So many workers were still busy when patience ran out; ending the process cuts them off.
    case abandoned(workers: Int)
    /// The system had no thread to give; what ran already was drained.
    case outOfThreads(LinuxError)
    /// Somebody else closed a socket and did not say that we are to end; what waited was answered.
    case socketClosed
  }

  private let loops: [AcceptLoop]
  private let stopped = DispatchSemaphore(value: 0)
  private let workers = DispatchGroup()
  private let running = Atomic<Int>(0)
  private let isToldToEnd = Atomic(false)
  private let isSocketClosed = Atomic(false)

  /// Opens the listeners' sockets. Requests wait there until `run`.
  ///
  /// - Parameters:
  ///   - allowedUserIDs: accounts whose processes may connect: that of nginx's workers.
  ///   - respond: answers one request of the named listener; runs on many threads at once.
  /// - Throws: `FastCGIError` when a socket cannot be opened, for one because another server
  ///   listens there; none stays open then.
  package convenience init(
    listeners: [Listener], allowedUserIDs: Set<UInt32>, logger: Logger,
    respond: @escaping @Sendable (Request, _ listener: String) -> Response
  ) throws(FastCGIError) {
    var sockets: [ListeningSocket] = []
    for listener in listeners { sockets.append(try ListeningSocket(path: listener.path)) }
    self.init(
      sockets, of: listeners, allowedUserIDs: allowedUserIDs, logger: logger, respond: respond)
  }

  /// Takes requests from sockets that are open already, perhaps for other processes too.
  ///
  /// - Parameter sockets: one for each of `listeners`, in the same order.
  package init(
    _ sockets: [ListeningSocket], of listeners: [Listener], allowedUserIDs: Set<UInt32>,
    logger: Logger, respond: @escaping @Sendable (Request, _ listener: String) -> Response
  ) {
    precondition(sockets.count == listeners.count, "Each listener has a socket.")
    loops = zip(listeners, sockets).map { listener, socket in
      AcceptLoop(
        listener: listener, socket: socket, allowedUserIDs: allowedUserIDs, logger: logger,
        respond: respond)
    }
  }

  /// Answers requests until `stop` or `leave`, then finishes what is begun. To be called once.
  ///
  /// Idle workers leave at once.
  ///
  /// - Parameters:
  ///   - patience: how long busy workers have.
  ///   - whenServing: called once all workers have started.
  @discardableResult package func run(
    patience: Duration = .seconds(6), whenServing: () -> Void = {}
  ) -> Ending {
    var threads: [NativeThread] = []
    var failure: Ending?
    do throws(LinuxError) {
      for loop in loops {
        for number in 0..<loop.listener.workers { threads.append(try start(loop, number)) }
      }
      whenServing()
    } catch {
      // Half the workers would be half a service, and nobody would know.
      failure = .outOfThreads(error)
      giveUp()
    }
    stopped.wait()
    // The supervisor closes the sockets first, and right after that tells its workers to end. Without
    // its word nobody would ever come again, and nobody would notice.
    if !isToldToEnd.load(ordering: .acquiring),
      stopped.wait(timeout: .now() + .seconds(5)) == .timedOut
    {
      failure = .socketClosed
      giveUp()
    }
    guard
      workers.wait(timeout: .now() + .milliseconds(Int(patience / .milliseconds(1)))) == .success
    else {
      for thread in threads { thread.detach() }
      return .abandoned(workers: running.load(ordering: .relaxed))
    }
    for thread in threads { thread.join() }
    return failure ?? .drained
  }

  private func start(_ loop: AcceptLoop, _ number: Int) throws(LinuxError) -> NativeThread {
    workers.enter()
    running.add(1, ordering: .relaxed)
    do throws(LinuxError) {
      return try NativeThread.start(name: "\(loop.listener.name)-\(number)") {
        loop.run()
        self.noticeClosedSocket()
        self.workerEnded()
      }
    } catch {
      workerEnded()
      throw error
    }
  }

  /// A loop ends when we are told to end, or else because its socket was closed.
  private func noticeClosedSocket() {
    guard !isToldToEnd.load(ordering: .acquiring),
      !isSocketClosed.exchange(true, ordering: .relaxed)
    else { return }
    stopped.signal()
  }

  private func workerEnded() {
    running.subtract(1, ordering: .relaxed)
    workers.leave()
  }

  /// Lets `run` finish, and nobody connect any more. Any thread may call it, any number of times.
  package func stop() { end { $0.close() } }

  /// Lets `run` finish, and leaves the sockets to the other processes that have them. Any thread may
  /// call it, any number of times.
  package func leave() { end { $0.leave() } }

  /// Lets `run` finish because this process cannot serve; others who have the sockets still can.
  private func giveUp() { end { $0.giveUp() } }

  private func end(_ part: (AcceptLoop) -> Void) {
    isToldToEnd.store(true, ordering: .releasing)
    for loop in loops { part(loop) }
    stopped.signal()
  }
}
