import Linux

/// What a supervisor knows about its workers, and what it does next: events in, actions out.
///
/// There is no clock and no process in here, so that a test can play any course of events: time
/// comes in as an argument. `started` or `startFailed` follows a `spawn` before any other event;
/// hence workers are spawned one at a time.
struct SupervisorState {
  typealias Instant = ContinuousClock.Instant

  /// How long a worker may take from its start until it is ready.
  static let startTimeout = Duration.seconds(30)
  /// How long a worker may take to end when all are to end.
  static let stopTimeout = Duration.seconds(6)
  /// How long one that is replaced may take: longer than any request.
  static let replacedTimeout = Duration.seconds(75)

  private struct Worker {
    enum State { case starting, ready, draining }

    let id: WorkerID
    let started: Instant
    var state = State.starting
    /// When it is killed.
    var deadline: Instant?
  }

  private enum Phase {
    /// No worker was ever ready.
    case starting
    /// One was, but never all at the same time.
    case partlyReady
    case ready
    /// All are to end, and `run` then with this ending.
    case stopping(Supervisor.Ending)
  }

  private var phase = Phase.starting
  private var processes: Int
  private var workers: [Worker] = []
  /// When the worker of a number is to be spawned.
  private var starts: [Int: Instant]
  private var backoffs: [Int: Backoff] = [:]
  private var replacement: Replacement?
  private var isReloadWanted = false

  /// The first event is `timePassed`.
  ///
  /// - Parameter processes: how many workers, at least 1.
  init(processes: Int, at now: Instant) {
    self.processes = processes
    starts = Dictionary(uniqueKeysWithValues: (1...processes).map { ($0, now) })
  }

  /// When `timePassed` is to come at the latest; nil when nothing waits for a time.
  var nextDeadline: Instant? { (workers.compactMap(\.deadline) + starts.values).min() }

  mutating func handle(_ event: SupervisorEvent, at now: Instant) -> [SupervisorAction] {
    let actions: [SupervisorAction] =
      switch event {
      case .started(let id): started(id, now)
      case .startFailed(let number, let reason): startFailed(number, reason, now)
      case .ready(let id, let processes): ready(id, processes: processes, now)
      case .ended(let id, let ending): ended(id, ending, now)
      case .reloadAsked: reloadAsked()
      case .terminateAsked: terminateAsked(now)
      case .timePassed: killLate(now)
      }
    return actions + proceed(now)
  }

  private var isStopping: Bool {
    switch phase {
    case .stopping: true
    case .starting, .partlyReady, .ready: false
    }
  }

  // MARK: one worker's life

  private mutating func started(_ id: WorkerID, _ now: Instant) -> [SupervisorAction] {
    workers.append(Worker(id: id, started: now, deadline: now + Self.startTimeout))
    return [.report(.started(id))]
  }

  private mutating func startFailed(
    _ number: Int, _ reason: String, _ now: Instant
  ) -> [SupervisorAction] {
    [.report(.startFailed(reason: reason))]
      + (replacement?.current == number ? abandonReload() : [])
      + restart(number, afterLife: .zero, reason, now)
  }

  private mutating func ready(
    _ id: WorkerID, processes: Int, _ now: Instant
  ) -> [SupervisorAction] {
    guard let index = workers.firstIndex(where: { $0.id == id }), workers[index].state == .starting
    else { return [] }
    workers[index].state = .ready
    workers[index].deadline = nil
    var actions: [SupervisorAction] = [.report(.ready(id))]
    if replacement?.current == id.number {
      actions += accept(processes: processes, now)
      actions += drain(where: { $0.id.number == id.number && $0.id != id }, now)
    }
    switch phase {
    case .starting, .partlyReady:
      let areAllReady =
        workers.count == self.processes && workers.allSatisfy { $0.state == .ready }
      phase = areAllReady ? .ready : .partlyReady
      return actions + (areAllReady ? [.report(.allReady)] : [])
    case .ready, .stopping: return actions
    }
  }

  private mutating func ended(
    _ id: WorkerID, _ ending: SpawnedProcess.Ending, _ now: Instant
  ) -> [SupervisorAction] {
    guard let index = workers.firstIndex(where: { $0.id == id }) else { return [] }
    let worker = workers.remove(at: index)
    switch worker.state {
    case .draining:
      let isClean = ending == .code(0)
      if !isClean { countCutOff() }
      return [.report(.ended(id, ending, isClean: isClean))]
    case .starting, .ready:
      let endsReload = worker.state == .starting && replacement?.current == id.number
      return [.report(.died(id, ending))] + (endsReload ? abandonReload() : [])
        + restart(id.number, afterLife: now - worker.started, "\(ending)", now)
    }
  }

  /// Plans a new worker of this number, unless there still is one or none is wanted any more.
  private mutating func restart(
    _ number: Int, afterLife life: Duration, _ reason: String, _ now: Instant
  ) -> [SupervisorAction] {
    switch phase {
    case .starting: return stop(.neverServed(reason), now)
    case .stopping: return []
    case .partlyReady, .ready: break
    }
    let isThere = workers.contains { $0.id.number == number && $0.state != .draining }
    guard !isThere, number <= processes else { return [] }
    let pause = backoffs[number, default: Backoff()].pause(afterLife: life)
    starts[number] = now + pause
    return pause > .zero ? [.report(.restartDelayed(number, pause))] : []
  }

  private mutating func drain(
    where isMeant: (Worker) -> Bool, _ now: Instant
  ) -> [SupervisorAction] {
    let timeout = isStopping ? Self.stopTimeout : Self.replacedTimeout
    var actions: [SupervisorAction] = []
    for index in workers.indices where isMeant(workers[index]) {
      workers[index].deadline = now + timeout
      guard workers[index].state != .draining else { continue }
      workers[index].state = .draining
      actions.append(.drain(workers[index].id))
    }
    return actions
  }

  private mutating func killLate(_ now: Instant) -> [SupervisorAction] {
    var actions: [SupervisorAction] = []
    for index in workers.indices {
      guard let deadline = workers[index].deadline, deadline <= now else { continue }
      workers[index].deadline = nil
      actions += [.report(.timedOut(workers[index].id)), .kill(workers[index].id)]
    }
    return actions
  }

  // MARK: all of them

  /// What is due whatever has happened: the end of all, the next start, the next step of a reload.
  private mutating func proceed(_ now: Instant) -> [SupervisorAction] {
    if case .stopping(let ending) = phase { return workers.isEmpty ? [.finish(ending)] : [] }
    if let number = starts.filter({ $0.value <= now }).keys.min() {
      starts[number] = nil
      return [.spawn(number)]
    }
    guard !workers.contains(where: { $0.state == .starting }) else { return [] }
    let isNew = isReloadWanted && replacement == nil
    if isNew {
      isReloadWanted = false
      replacement = Replacement(processes: processes)
    }
    return (isNew ? [.report(.reloading)] : []) + replaceNext()
  }

  /// One by one: a machine that is sized for its workers need not carry twice as many.
  private mutating func replaceNext() -> [SupervisorAction] {
    guard replacement != nil, !workers.contains(where: { $0.state == .draining }) else { return [] }
    guard let number = replacement?.next() else {
      replacement = nil
      return [.report(.reloaded(workers: workers.count))]
    }
    starts[number] = nil
    return [.spawn(number)]
  }

  /// The first new worker has read the configuration and works by it.
  private mutating func accept(processes: Int, _ now: Instant) -> [SupervisorAction] {
    guard replacement?.isAccepted == false else { return [] }
    replacement?.accept(processes: processes, before: self.processes)
    self.processes = processes
    starts = starts.filter { $0.key <= processes }
    return drain(where: { $0.id.number > processes }, now)
  }

  private mutating func abandonReload() -> [SupervisorAction] {
    guard let abandoned = replacement else { return [] }
    replacement = nil
    return [.report(abandoned.isAccepted ? .reloadUnfinished : .reloadRefused)]
  }

  private mutating func reloadAsked() -> [SupervisorAction] {
    isReloadWanted = !isStopping
    return []
  }

  private mutating func terminateAsked(_ now: Instant) -> [SupervisorAction] {
    isStopping ? workers.map { .kill($0.id) } : stop(.drained, now)
  }

  private mutating func stop(_ ending: Supervisor.Ending, _ now: Instant) -> [SupervisorAction] {
    phase = .stopping(ending)
    replacement = nil
    isReloadWanted = false
    starts = [:]
    return [.report(.stopping), .closeSockets] + drain(where: { _ in true }, now)
  }

  /// A worker has left something undone while all were to end.
  private mutating func countCutOff() {
    switch phase {
    case .stopping(.drained): phase = .stopping(.cutOff(workers: 1))
    case .stopping(.cutOff(let workers)): phase = .stopping(.cutOff(workers: workers + 1))
    // Why nothing was ever served says more.
    case .stopping(.neverServed), .starting, .partlyReady, .ready: break
    }
  }
}
