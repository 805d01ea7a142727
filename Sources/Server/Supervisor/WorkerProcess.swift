package import Linux

/// A process that answers requests, as its supervisor sees it.
///
/// Over the lifeline it says once that it works, by a byte with the number of processes that its
/// configuration asks for; and when the lifeline ends, so has the process.
package struct WorkerProcess: Sendable {
  let process: SpawnedProcess
  let lifeline: Lifeline

  /// - Parameter lifeline: our end; the process alone has the other.
  package init(_ process: SpawnedProcess, lifeline: Lifeline) {
    self.process = process
    self.lifeline = lifeline
  }
}

/// A worker process among the others of a supervisor.
struct Seated {
  /// What it is doing, as far as it was told or has told.
  enum State: Equatable {
    /// It has not said yet that it works.
    case starting
    case serving
    /// It was told to end.
    case leaving
  }

  /// Which of the workers it is, from 1; its replacement has the same.
  let number: Int
  let worker: WorkerProcess
  let started = ContinuousClock.now
  var state = State.starting
  /// When it is ended by force.
  var limit: ContinuousClock.Instant?
}
