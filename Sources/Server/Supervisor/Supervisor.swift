package import Linux
package import Logging

/// Keeps worker processes alive, and replaces them without a gap.
///
/// It owns what outlives a worker, and does nothing else: whatever a request can break is broken in
/// another process. What it does is decided by `SupervisorState`; it waits for events and performs
/// the actions that follow. One thread does all of this, so that nothing here needs a lock.
package final class Supervisor {
  /// How a run ended.
  package enum Ending: Equatable, Sendable {
    /// Every worker ended as it was told, with nothing left undone.
    case drained
    /// So many workers did not, or were ended by force.
    case cutOff(workers: Int)
    /// No worker ever worked; the first that failed ended so.
    case neverServed(String)
  }

  /// What an operator may want; any thread may say it.
  package struct Control: Sendable {
    fileprivate enum Word { static let terminate: UInt8 = 0, reload: UInt8 = 1 }
    fileprivate let line: Lifeline

    /// Lets the workers finish what is begun, and then `run`; the second time, ends them at once.
    package func terminate() { line.send(Word.terminate) }

    /// Replaces the workers one by one by new ones, which read the configuration anew.
    package func reload() { line.send(Word.reload) }
  }

  package let control: Control
  private let commands: Lifeline
  private let logger: Logger
  private let start: (Int) throws(LinuxError) -> WorkerProcess
  private let closeSockets: () -> Void
  private var state: SupervisorState
  private var workers: [(id: WorkerID, worker: WorkerProcess)] = []
  /// How `run` ends; nil as long as it goes on.
  private var ending: Ending?

  /// - Parameters:
  ///   - processes: how many workers, at least 1.
  ///   - start: starts the worker of this number, from 1.
  ///   - closeSockets: lets nobody connect any more; called before the workers are told to end.
  /// - Throws: `LinuxError` when the system has no descriptors to give.
  package init(
    processes: Int, logger: Logger,
    start: @escaping (_ number: Int) throws(LinuxError) -> WorkerProcess,
    closeSockets: @escaping () -> Void
  ) throws(LinuxError) {
    let (ours, theirs) = try Lifeline.pair()
    commands = ours
    control = Control(line: theirs)
    state = SupervisorState(processes: processes, at: .now)
    self.logger = logger
    self.start = start
    self.closeSockets = closeSockets
  }

  /// Starts the workers and keeps them alive until `terminate`. To be called once.
  package func run() -> Ending {
    handle(.timePassed)
    while true {
      if let ending { return ending }
      // As it was when the wait began: what is done changes the list.
      let watched = workers
      let lines = [commands] + watched.map(\.worker.lifeline)
      for index in Lifeline.wait(for: lines, until: state.nextDeadline) {
        handle(index == 0 ? receiveCommand() : receive(from: watched[index - 1]))
      }
      handle(.timePassed)
    }
  }

  private func receiveCommand() -> SupervisorEvent {
    guard case .byte(let word) = commands.receive() else {
      preconditionFailure("The other end of the commands is ours as well.")
    }
    return word == Control.Word.terminate ? .terminateAsked : .reloadAsked
  }

  private func receive(from heard: (id: WorkerID, worker: WorkerProcess)) -> SupervisorEvent {
    switch heard.worker.lifeline.receive() {
    case .byte(let processes): return .ready(heard.id, processes: Int(processes))
    case .ended:
      workers.removeAll { $0.id == heard.id }
      // The kernel closed the lifeline as it ended the process.
      return .ended(heard.id, heard.worker.process.wait())
    }
  }

  private func handle(_ event: SupervisorEvent) {
    var actions = state.handle(event, at: .now)
    while !actions.isEmpty {
      switch actions.removeFirst() {
      case .spawn(let number): actions += state.handle(spawn(number), at: .now)
      case .drain(let id): process(id)?.terminate()
      case .kill(let id): process(id)?.kill9()
      case .closeSockets: closeSockets()
      case .report(let report): report.write(to: logger)
      case .finish(let ending): self.ending = ending
      }
    }
  }

  private func spawn(_ number: Int) -> SupervisorEvent {
    do throws(LinuxError) {
      let worker = try start(number)
      let id = WorkerID(number: number, pid: worker.process.id)
      workers.append((id, worker))
      return .started(id)
    } catch {
      return .startFailed(number, reason: "\(error)")
    }
  }

  /// nil once it has been waited for: its number may be another process's by then.
  private func process(_ id: WorkerID) -> SpawnedProcess? {
    workers.first { $0.id == id }?.worker.process
  }
}
