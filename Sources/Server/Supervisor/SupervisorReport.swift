import Linux
import Logging

/// What operators are to know: a line of the log, and what systemd asks for.
enum SupervisorReport: Equatable {
  case started(WorkerID)
  case startFailed(reason: String)
  case ready(WorkerID)
  /// All workers are ready at the same time, for the first time.
  case allReady
  /// A worker that was to end has ended; `isClean` when it left nothing undone.
  case ended(WorkerID, SpawnedProcess.Ending, isClean: Bool)
  /// A worker has ended that was not to end.
  case died(WorkerID, SpawnedProcess.Ending)
  /// A worker did not become ready, or did not end, in time.
  case timedOut(WorkerID)
  /// The worker of this number dies too often to be restarted at once.
  case restartDelayed(Int, Duration)
  case reloading
  case reloaded(workers: Int)
  /// The first new worker did not start; the others keep the configuration that they have read.
  case reloadRefused
  /// A later one did not start.
  case reloadUnfinished
  case stopping
}

extension SupervisorReport {
  func write(to logger: Logger) {
    switch self {
    case .started(let id): logger.notice("worker started", metadata: id.metadata)
    case .startFailed(let reason):
      logger.error("worker cannot be started", metadata: ["reason": "\(reason)"])
    case .ready(let id): logger.notice("worker serves", metadata: id.metadata)
    case .allReady: ServiceManager.notify("READY=1")
    case .ended(let id, let ending, let isClean):
      logger.log(
        level: isClean ? .notice : .error, "worker ended", metadata: id.metadata(ending))
    case .died(let id, let ending): logger.error("worker died", metadata: id.metadata(ending))
    case .timedOut(let id):
      logger.error("worker took too long and is ended", metadata: id.metadata)
    case .restartDelayed(let number, let pause):
      logger.error(
        "worker waits before its restart",
        metadata: ["worker": "\(number)", "seconds": "\(pause.components.seconds)"])
    case .reloading:
      logger.notice("reloading")
      ServiceManager.notify("RELOADING=1")
    case .reloaded(let workers):
      logger.notice("reloaded", metadata: ["workers": "\(workers)"])
      ServiceManager.notify("READY=1")
    case .reloadRefused:
      logger.error(
        "reload refused: the new worker did not start; the others keep what they have read")
      ServiceManager.notify("READY=1")
    case .reloadUnfinished:
      logger.error("reload not finished: a new worker did not start; reload once more")
      ServiceManager.notify("READY=1")
    case .stopping: ServiceManager.notify("STOPPING=1")
    }
  }
}

extension WorkerID {
  fileprivate var metadata: Logger.Metadata { ["worker": "\(number)", "pid": "\(pid)"] }

  fileprivate func metadata(_ ending: SpawnedProcess.Ending) -> Logger.Metadata {
    var metadata = metadata
    metadata["ending"] = "\(ending)"
    return metadata
  }
}
