import Linux
import TestSupport
import Testing

@testable import Server

/// What holds in every course of events, whatever the workers, the system and the operator do.
@Suite struct SupervisorCourseTests {
  @Test func `reloads at any moment leave as many workers ready as there are to be`() {
    for seed in 0..<UInt64(200) {
      var world = World(seed: seed, isSound: true)
      world.settle()
      for _ in 0..<200 {
        world.step()
        #expect(world.ready >= World.processes, "seed \(seed)")
      }
      world.settle()
      #expect(world.ready == World.processes && world.ending == nil, "seed \(seed)")
    }
  }

  @Test func `whatever fails, all are ready again as soon as nothing fails any more`() {
    var served = 0
    for seed in 0..<UInt64(400) {
      var world = World(seed: seed, isSound: false)
      for _ in 0..<200 where world.ending == nil { world.step() }
      world.settle()
      switch world.ending {
      case nil:
        served += 1
        #expect(world.ready == World.processes, "seed \(seed)")
      case .neverServed: break
      case .drained, .cutOff: Issue.record("Nobody has asked for the end; seed \(seed)")
      }
    }
    #expect(served > 50)
  }

  @Test func `a stop at any moment ends in an empty house`() {
    for seed in 0..<UInt64(400) {
      var world = World(seed: seed, isSound: seed.isMultiple(of: 2))
      for _ in 0..<Int(seed % 50) where world.ending == nil { world.step() }
      if world.ending == nil { world.handle(.terminateAsked) }
      for _ in 0..<20 where world.ending == nil { world.step() }
      world.settle()
      #expect(world.ending != nil, "seed \(seed)")
    }
  }
}

/// The processes of a supervisor, and its operator: they do by chance what can be done.
private struct World {
  private enum Life { case starting, ready, draining, killed }

  static let processes = 3

  private(set) var ending: Supervisor.Ending?
  private var random: SplitMix64
  /// Whether workers and the system do what they are asked to.
  private var isSound: Bool
  private var now = ContinuousClock.now
  private var state: SupervisorState
  private var lives: [WorkerID: Life] = [:]
  private var lastPID: Int32 = 0
  private var areSocketsClosed = false
  private var wereAllReady = false

  init(seed: UInt64, isSound: Bool) {
    random = SplitMix64(seed: seed)
    self.isSound = isSound
    state = SupervisorState(processes: Self.processes, at: now)
    handle(.timePassed)
  }

  var ready: Int { lives.values.count { $0 == .ready } }

  mutating func handle(_ event: SupervisorEvent) {
    var actions = state.handle(event, at: now)
    while !actions.isEmpty {
      #expect(ending == nil, "Nothing follows the end.")
      switch actions.removeFirst() {
      case .spawn(let number):
        #expect(actions.isEmpty, "The answer comes before any other event.")
        actions = state.handle(spawn(number), at: now)
      case .drain(let id):
        #expect(lives[id] != nil && lives[id] != .draining, "Drained once, while it lives.")
        if lives[id] != .killed { lives[id] = .draining }
      case .kill(let id):
        #expect(lives[id] != nil)
        lives[id] = .killed
      case .closeSockets:
        #expect(!areSocketsClosed)
        areSocketsClosed = true
      case .report(.allReady):
        #expect(!wereAllReady && ready == Self.processes)
        wereAllReady = true
      case .report: break
      case .finish(let ending):
        #expect(lives.isEmpty && areSocketsClosed)
        self.ending = ending
      }
    }
  }

  private mutating func spawn(_ number: Int) -> SupervisorEvent {
    #expect(!areSocketsClosed, "Nobody is started while all are to end.")
    // At most an old one and its replacement.
    #expect(lives.count { $0.key.number == number } < 2 || !isSound)
    if !isSound, Int.random(in: 0..<8, using: &random) == 0 {
      return .startFailed(number, reason: "no memory")
    }
    lastPID += 1
    let id = WorkerID(number: number, pid: lastPID)
    lives[id] = .starting
    return .started(id)
  }

  /// One thing that may happen.
  mutating func step() {
    now += .milliseconds(Int.random(in: 0..<2000, using: &random))
    let ids = lives.keys.sorted { $0.pid < $1.pid }
    guard Int.random(in: 0..<4, using: &random) > 0, let id = ids.randomElement(using: &random)
    else { return handle(Bool.random(using: &random) ? .reloadAsked : .timePassed) }
    if isSound || Int.random(in: 0..<4, using: &random) > 0 {
      goOn(id)
    } else {
      end(id, .signal(11))
    }
  }

  /// What a worker does when nothing hinders it.
  private mutating func goOn(_ id: WorkerID) {
    switch lives[id] {
    case .starting:
      lives[id] = .ready
      handle(.ready(id, processes: Self.processes))
    case .ready, nil: handle(.timePassed)
    case .draining: end(id, .code(0))
    case .killed: end(id, .signal(9))
    }
  }

  private mutating func end(_ id: WorkerID, _ status: SpawnedProcess.Ending) {
    lives[id] = nil
    handle(.ended(id, status))
  }

  /// Lets everything that is under way come to its end, without further failures.
  mutating func settle() {
    isSound = true
    while ending == nil {
      if let busy = lives.filter({ $0.value != .ready }).keys.min(by: { $0.pid < $1.pid }) {
        goOn(busy)
      } else if let deadline = state.nextDeadline {
        now = max(now, deadline)
        handle(.timePassed)
      } else {
        let before = lives
        handle(.timePassed)
        if lives == before { return }
      }
    }
  }
}
