import Linux

/// Names one worker process of a supervisor.
struct WorkerID: Hashable {
  /// Which of the workers it is, from 1; the process that replaces it has the same.
  let number: Int
  /// The process's own number.
  let pid: Int32
}

/// What happens to a supervisor.
enum SupervisorEvent: Equatable {
  /// `spawn` has started this worker.
  case started(WorkerID)
  /// `spawn` could not start the worker of this number.
  case startFailed(Int, reason: String)
  /// A worker answers requests; its configuration asks for so many processes.
  case ready(WorkerID, processes: Int)
  /// A worker's process has ended.
  case ended(WorkerID, SpawnedProcess.Ending)
  /// The operator wants new workers, which read the configuration anew.
  case reloadAsked
  /// The operator wants all to end; the second time, at once.
  case terminateAsked
  /// Some time has passed: what is due may have changed.
  case timePassed
}

/// What a supervisor is to do.
enum SupervisorAction: Equatable {
  /// Start a worker of this number; `started` or `startFailed` is the answer.
  case spawn(Int)
  /// Let a worker finish what it has begun, and end.
  case drain(WorkerID)
  /// End a worker's process at once.
  case kill(WorkerID)
  /// Let nobody connect any more.
  case closeSockets
  case report(SupervisorReport)
  /// Return from `run`; the last action of all.
  case finish(Supervisor.Ending)
}
