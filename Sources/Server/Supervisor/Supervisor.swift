package import Linux
package import Logging

/// Keeps worker processes alive, and replaces them without a gap.
///
/// It owns what outlives a worker, and does nothing else: whatever a request can break is broken in
/// another process. One thread waits for words of the workers and of the operator in turn, so that
/// nothing here needs a lock.
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

  /// How long a worker may take from its start until it works.
  private static let patienceForStart = Duration.seconds(30)
  /// How long a worker may take to end when all are to end.
  private static let patienceForEnd = Duration.seconds(6)
  /// How long one that is replaced may take: longer than any request.
  private static let patienceForReplaced = Duration.seconds(75)

  package let control: Control
  private let commands: Lifeline
  private let logger: Logger
  private let start: (Int) throws(LinuxError) -> WorkerProcess
  private let closeSockets: () -> Void
  private var processes: Int
  private var workers: [Seated] = []
  private var restarts: [Int: ContinuousClock.Instant] = [:]
  private var backoffs: [Int: Backoff] = [:]
  private var replacement: Replacement?
  private var isReloadWanted = false
  /// Whether any worker has ever worked.
  private var hasServed = false
  /// Whether all have, at the same time.
  private var isComplete = false
  private var isStopping = false
  private var failure: String?
  private var unclean = 0

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
    self.processes = processes
    self.logger = logger
    self.start = start
    self.closeSockets = closeSockets
  }

  /// Starts the workers and keeps them alive until `terminate`. To be called once.
  package func run() -> Ending {
    for number in 1...processes where !isStopping { seat(number) }
    while !(isStopping && workers.isEmpty) {
      let lines = [commands] + workers.map(\.worker.lifeline)
      let heard = Set(Lifeline.wait(for: lines, until: nextLimit))
      if heard.contains(0) { obey() }
      // From the last to the first: who has ended leaves the list.
      for index in workers.indices.reversed() where heard.contains(index + 1) { listen(to: index) }
      meetLimits()
      proceed()
    }
    if let failure { return .neverServed(failure) }
    return unclean == 0 ? .drained : .cutOff(workers: unclean)
  }

  private var nextLimit: ContinuousClock.Instant? {
    (workers.compactMap(\.limit) + restarts.values).min()
  }

  private func obey() {
    guard case .byte(let word) = commands.receive() else {
      preconditionFailure("The other end of the commands is ours as well.")
    }
    switch (word, isStopping) {
    case (Control.Word.terminate, false): stop()
    case (Control.Word.terminate, true): for seated in workers { seated.worker.process.kill9() }
    case (_, true): break
    case (_, false): isReloadWanted = true
    }
  }

  private func listen(to index: Int) {
    switch workers[index].worker.lifeline.receive() {
    case .byte(let processes): welcome(index, processes: Int(processes))
    case .ended: bury(workers.remove(at: index))
    }
  }

  private func meetLimits() {
    let now = ContinuousClock.now
    for index in workers.indices {
      guard let limit = workers[index].limit, limit <= now else { continue }
      logger.error("worker took too long and is ended", metadata: metadata(workers[index]))
      workers[index].limit = nil
      workers[index].worker.process.kill9()
    }
    for (number, time) in restarts where time <= now {
      restarts[number] = nil
      seat(number)
    }
  }

  // MARK: one worker's life

  private func seat(_ number: Int) {
    do throws(LinuxError) {
      var seated = Seated(number: number, worker: try start(number))
      seated.limit = seated.started + Self.patienceForStart
      workers.append(seated)
      logger.notice("worker started", metadata: metadata(seated))
    } catch {
      logger.error("worker cannot be started", metadata: ["reason": "\(error)"])
      if replacement?.current == number { abandonReload() }
      replace(number, life: .zero, "\(error)")
    }
  }

  private func welcome(_ index: Int, processes: Int) {
    guard workers[index].state == .starting else { return }
    workers[index].state = .serving
    workers[index].limit = nil
    logger.notice("worker serves", metadata: metadata(workers[index]))
    if replacement?.current == workers[index].number {
      accept(processes: processes)
      for other in workers.indices
      where other != index && workers[other].number == workers[index].number {
        dismiss(other)
      }
    }
    hasServed = true
    guard !isComplete, workers.count == self.processes,
      workers.allSatisfy({ $0.state == .serving })
    else { return }
    isComplete = true
    ServiceManager.notify("READY=1")
  }

  private func bury(_ seated: Seated) {
    // The kernel closed the lifeline as it ended the process.
    let ending = seated.worker.process.wait()
    var facts = metadata(seated)
    facts["ending"] = "\(ending)"
    let isClean = seated.state == .leaving && ending == .code(0)
    logger.log(
      level: isClean ? .notice : .error,
      seated.state == .leaving ? "worker ended" : "worker died", metadata: facts)
    if isStopping, !isClean { unclean += 1 }
    guard seated.state != .leaving else { return }
    if seated.state == .starting, replacement?.current == seated.number { abandonReload() }
    replace(seated.number, life: .now - seated.started, "\(ending)")
  }

  /// Sees to it that there is a worker of this number again.
  private func replace(_ number: Int, life: Duration, _ reason: String) {
    guard hasServed else {
      failure = failure ?? reason
      return stop()
    }
    let isSeated = workers.contains { $0.number == number && $0.state != .leaving }
    guard !isSeated, number <= processes else { return }
    let pause = backoffs[number, default: Backoff()].pause(afterLife: life)
    restarts[number] = .now + pause
    guard pause > .zero else { return }
    logger.error(
      "worker waits before its restart",
      metadata: ["worker": "\(number)", "seconds": "\(pause.components.seconds)"])
  }

  private func dismiss(_ index: Int) {
    let patience = isStopping ? Self.patienceForEnd : Self.patienceForReplaced
    workers[index].limit = .now + patience
    guard workers[index].state != .leaving else { return }
    workers[index].state = .leaving
    workers[index].worker.process.terminate()
  }

  private func metadata(_ seated: Seated) -> Logger.Metadata {
    ["worker": "\(seated.number)", "pid": "\(seated.worker.process.id)"]
  }

  // MARK: all of them

  /// Takes the next step of a reload, if there is one to be taken.
  private func proceed() {
    guard !isStopping, !workers.contains(where: { $0.state == .starting }) else { return }
    if isReloadWanted, replacement == nil {
      isReloadWanted = false
      replacement = Replacement(processes: processes)
      logger.notice("reloading")
      ServiceManager.notify("RELOADING=1")
    }
    // One by one: a machine that is sized for its workers need not carry twice as many.
    guard replacement != nil, !workers.contains(where: { $0.state == .leaving }) else { return }
    if let number = replacement?.next() {
      restarts[number] = nil
      seat(number)
    } else {
      replacement = nil
      logger.notice("reloaded", metadata: ["workers": "\(workers.count)"])
      ServiceManager.notify("READY=1")
    }
  }

  /// The first new worker has read the configuration and works by it.
  private func accept(processes: Int) {
    guard replacement?.isAccepted == false else { return }
    replacement?.accept(processes: processes, before: self.processes)
    self.processes = processes
    for index in workers.indices where workers[index].number > processes { dismiss(index) }
    for number in restarts.keys where number > processes { restarts[number] = nil }
  }

  private func abandonReload() {
    guard let abandoned = replacement else { return }
    replacement = nil
    logger.error(
      abandoned.isAccepted
        ? "reload not finished: a new worker did not start; reload once more"
        : "reload refused: the new worker did not start; the others keep what they have read")
    ServiceManager.notify("READY=1")
  }

  private func stop() {
    isStopping = true
    replacement = nil
    restarts = [:]
    ServiceManager.notify("STOPPING=1")
    closeSockets()
    for index in workers.indices { dismiss(index) }
  }
}
