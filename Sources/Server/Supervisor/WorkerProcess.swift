package import Linux

/// A process that answers requests, as its supervisor sees it.
///
/// Over the lifeline it says once that it is ready, by a byte with the number of processes that its
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
