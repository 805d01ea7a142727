import Linux
import Testing

@testable import Server

/// Courses of events, and what the supervisor does at each of them.
@Suite struct SupervisorStateTests {
  private typealias Event = SupervisorEvent
  private typealias Action = SupervisorAction

  /// A supervisor whose time is said in seconds since it was made.
  private struct Course {
    private let start = ContinuousClock.now
    private(set) var state: SupervisorState

    /// Of so many workers, which are ready and have the process numbers 1, 2, 3 …
    init(ready processes: Int) {
      self.init(processes)
      at(0, .timePassed, [.spawn(1)])
      for number in 1...processes {
        let id = worker(number, Int32(number))
        let next = number < processes ? [Action.spawn(number + 1)] : []
        at(0, .started(id), [.report(.started(id))] + next)
      }
      for number in 1...processes {
        let id = worker(number, Int32(number))
        let all: [Action] = number == processes ? [.report(.allReady)] : []
        at(1, .ready(id, processes: processes), [.report(.ready(id))] + all)
      }
    }

    init(_ processes: Int) { state = SupervisorState(processes: processes, at: start) }

    /// Seconds until `nextDeadline`.
    var deadline: Double? { state.nextDeadline.map { ($0 - start) / .seconds(1) } }

    mutating func at(
      _ seconds: Double, _ event: Event, _ actions: [Action],
      _ location: SourceLocation = #_sourceLocation
    ) {
      #expect(
        state.handle(event, at: start + .seconds(seconds)) == actions, sourceLocation: location)
    }
  }

  // MARK: start

  @Test func `workers are spawned one after the other, and the first that are all ready are told`()
  {
    var course = Course(2)
    #expect(course.deadline == 0)
    course.at(0, .timePassed, [.spawn(1)])
    course.at(0, .started(worker(1, 10)), [.report(.started(worker(1, 10))), .spawn(2)])
    course.at(0.5, .started(worker(2, 20)), [.report(.started(worker(2, 20)))])
    #expect(course.deadline == 30)
    course.at(1, .ready(worker(2, 20), processes: 2), [.report(.ready(worker(2, 20)))])
    course.at(
      2, .ready(worker(1, 10), processes: 2),
      [.report(.ready(worker(1, 10))), .report(.allReady)])
    #expect(course.deadline == nil)
    course.at(3, .ready(worker(1, 10), processes: 2), [])
    course.at(1000, .timePassed, [])
  }

  @Test func `the first worker that cannot be started ends all, and is the only one`() {
    var course = Course(3)
    course.at(0, .timePassed, [.spawn(1)])
    course.at(
      0, .startFailed(1, reason: "no memory"),
      [
        .report(.startFailed(reason: "no memory")), .report(.stopping), .closeSockets,
        .finish(.neverServed("no memory")),
      ])
  }

  @Test func `before any worker was ready, one that dies ends the others`() {
    var course = Course(2)
    course.at(0, .timePassed, [.spawn(1)])
    course.at(0, .started(worker(1, 10)), [.report(.started(worker(1, 10))), .spawn(2)])
    course.at(0, .started(worker(2, 20)), [.report(.started(worker(2, 20)))])
    course.at(
      1, .ended(worker(2, 20), .code(78)),
      [
        .report(.died(worker(2, 20), .code(78))), .report(.stopping), .closeSockets,
        .drain(worker(1, 10)),
      ])
    // How the others end is no news beside the reason.
    course.at(
      2, .ended(worker(1, 10), .signal(9)),
      [
        .report(.ended(worker(1, 10), .signal(9), isClean: false)),
        .finish(.neverServed("code(78)")),
      ])
  }

  @Test func `a worker that never becomes ready is killed after half a minute`() {
    var course = Course(1)
    course.at(0, .timePassed, [.spawn(1)])
    course.at(0, .started(worker(1, 10)), [.report(.started(worker(1, 10)))])
    course.at(29.9, .timePassed, [])
    course.at(30, .timePassed, [.report(.timedOut(worker(1, 10))), .kill(worker(1, 10))])
    // Once is enough.
    #expect(course.deadline == nil)
    course.at(31, .timePassed, [])
    course.at(
      31, .ended(worker(1, 10), .signal(9)),
      [
        .report(.died(worker(1, 10), .signal(9))), .report(.stopping), .closeSockets,
        .finish(.neverServed("signal(9)")),
      ])
  }

  // MARK: deaths

  @Test func `a worker that dies is restarted at once; one that keeps dying waits longer`() {
    var course = Course(ready: 2)
    var time = 20.0
    course.at(
      time, .ended(worker(2, 2), .signal(11)),
      [.report(.died(worker(2, 2), .signal(11))), .spawn(2)])
    for (round, pause) in [1, 2, 4, 8, 16, 30, 30].enumerated() {
      let id = worker(2, Int32(100 + round))
      course.at(time, .started(id), [.report(.started(id))])
      course.at(
        time, .ended(id, .code(1)),
        [.report(.died(id, .code(1))), .report(.restartDelayed(2, .seconds(pause)))])
      #expect(course.deadline == time + Double(pause))
      course.at(time + Double(pause) - 0.1, .timePassed, [])
      time += Double(pause)
      course.at(time, .timePassed, [.spawn(2)])
    }
    // One that has worked for ten seconds has overcome its cause; nothing is told to systemd again.
    let id = worker(2, 200)
    course.at(time, .started(id), [.report(.started(id))])
    course.at(time + 1, .ready(id, processes: 2), [.report(.ready(id))])
    course.at(time + 10, .ended(id, .code(1)), [.report(.died(id, .code(1))), .spawn(2)])
  }

  @Test func `a worker that cannot be started again is tried again, with the same pauses`() {
    var course = Course(ready: 1)
    course.at(
      5, .ended(worker(1, 1), .code(1)), [.report(.died(worker(1, 1), .code(1))), .spawn(1)])
    course.at(
      5, .startFailed(1, reason: "no memory"),
      [.report(.startFailed(reason: "no memory")), .report(.restartDelayed(1, .seconds(1)))])
    course.at(6, .timePassed, [.spawn(1)])
    course.at(
      6, .startFailed(1, reason: "no memory"),
      [.report(.startFailed(reason: "no memory")), .report(.restartDelayed(1, .seconds(2)))])
  }

  @Test func `when all have died, all are started again, one after the other`() {
    var course = Course(ready: 3)
    course.at(
      20, .ended(worker(2, 2), .signal(9)), [.report(.died(worker(2, 2), .signal(9))), .spawn(2)])
    course.at(20, .started(worker(2, 20)), [.report(.started(worker(2, 20)))])
    course.at(
      20, .ended(worker(2, 20), .signal(9)),
      [.report(.died(worker(2, 20), .signal(9))), .report(.restartDelayed(2, .seconds(1)))])
    course.at(
      20, .ended(worker(1, 1), .signal(9)), [.report(.died(worker(1, 1), .signal(9))), .spawn(1)])
    course.at(
      20, .startFailed(1, reason: "no memory"),
      [.report(.startFailed(reason: "no memory")), .report(.restartDelayed(1, .seconds(1)))])
    course.at(
      20, .ended(worker(3, 3), .signal(9)), [.report(.died(worker(3, 3), .signal(9))), .spawn(3)])
    course.at(
      20, .startFailed(3, reason: "no memory"),
      [.report(.startFailed(reason: "no memory")), .report(.restartDelayed(3, .seconds(1)))])
    course.at(21, .timePassed, [.spawn(1)])
    course.at(21, .started(worker(1, 31)), [.report(.started(worker(1, 31))), .spawn(2)])
    course.at(21, .started(worker(2, 32)), [.report(.started(worker(2, 32))), .spawn(3)])
    course.at(21, .started(worker(3, 33)), [.report(.started(worker(3, 33)))])
  }

  // MARK: reload

  @Test func `a reload replaces one worker at a time, and each only by one that is ready`() {
    var course = Course(ready: 2)
    course.at(10, .reloadAsked, [.report(.reloading), .spawn(1)])
    course.at(10, .started(worker(1, 11)), [.report(.started(worker(1, 11)))])
    course.at(
      11, .ready(worker(1, 11), processes: 2),
      [.report(.ready(worker(1, 11))), .drain(worker(1, 1))])
    // Longer than any request.
    #expect(course.deadline == 86)
    course.at(
      15, .ended(worker(1, 1), .code(0)),
      [.report(.ended(worker(1, 1), .code(0), isClean: true)), .spawn(2)])
    course.at(15, .started(worker(2, 12)), [.report(.started(worker(2, 12)))])
    course.at(
      16, .ready(worker(2, 12), processes: 2),
      [.report(.ready(worker(2, 12))), .drain(worker(2, 2))])
    course.at(91, .timePassed, [.report(.timedOut(worker(2, 2))), .kill(worker(2, 2))])
    course.at(
      91, .ended(worker(2, 2), .signal(9)),
      [
        .report(.ended(worker(2, 2), .signal(9), isClean: false)), .report(.reloaded(workers: 2)),
      ])
    #expect(course.deadline == nil)
  }

  @Test func `a reload that is asked for during another follows it, and is one`() {
    var course = Course(ready: 1)
    course.at(10, .reloadAsked, [.report(.reloading), .spawn(1)])
    course.at(10, .started(worker(1, 11)), [.report(.started(worker(1, 11)))])
    course.at(11, .reloadAsked, [])
    course.at(12, .reloadAsked, [])
    course.at(
      13, .ready(worker(1, 11), processes: 1),
      [.report(.ready(worker(1, 11))), .drain(worker(1, 1))])
    course.at(
      14, .ended(worker(1, 1), .code(0)),
      [.report(.ended(worker(1, 1), .code(0), isClean: true)), .report(.reloaded(workers: 1))])
    course.at(14, .timePassed, [.report(.reloading), .spawn(1)])
    course.at(14, .started(worker(1, 12)), [.report(.started(worker(1, 12)))])
    course.at(
      15, .ready(worker(1, 12), processes: 1),
      [.report(.ready(worker(1, 12))), .drain(worker(1, 11))])
    course.at(
      16, .ended(worker(1, 11), .code(0)),
      [.report(.ended(worker(1, 11), .code(0), isClean: true)), .report(.reloaded(workers: 1))])
    course.at(17, .timePassed, [])
  }

  @Test func `the first new worker that does not start refuses the reload; nobody is drained`() {
    for (event, actions) in [
      (
        Event.startFailed(1, reason: "no memory"),
        [Action.report(.startFailed(reason: "no memory")), .report(.reloadRefused)]
      ),
      (
        .ended(worker(1, 11), .code(78)),
        [.report(.died(worker(1, 11), .code(78))), .report(.reloadRefused)]
      ),
    ] {
      var course = Course(ready: 2)
      course.at(10, .reloadAsked, [.report(.reloading), .spawn(1)])
      if case .ended = event {
        course.at(10, .started(worker(1, 11)), [.report(.started(worker(1, 11)))])
      }
      course.at(11, event, actions)
      #expect(course.deadline == nil)
    }
  }

  @Test func `a later new worker that hangs leaves the reload unfinished, and its old one at work`()
  {
    var course = Course(ready: 2)
    course.at(10, .reloadAsked, [.report(.reloading), .spawn(1)])
    course.at(10, .started(worker(1, 11)), [.report(.started(worker(1, 11)))])
    course.at(
      11, .ready(worker(1, 11), processes: 2),
      [.report(.ready(worker(1, 11))), .drain(worker(1, 1))])
    course.at(
      12, .ended(worker(1, 1), .code(0)),
      [.report(.ended(worker(1, 1), .code(0), isClean: true)), .spawn(2)])
    course.at(12, .started(worker(2, 12)), [.report(.started(worker(2, 12)))])
    course.at(42, .timePassed, [.report(.timedOut(worker(2, 12))), .kill(worker(2, 12))])
    course.at(
      42, .ended(worker(2, 12), .signal(9)),
      [.report(.died(worker(2, 12), .signal(9))), .report(.reloadUnfinished)])
    #expect(course.deadline == nil)
  }

  @Test func `a worker that dies during a reload is restarted before the reload goes on`() {
    var course = Course(ready: 2)
    course.at(10, .reloadAsked, [.report(.reloading), .spawn(1)])
    course.at(10, .started(worker(1, 11)), [.report(.started(worker(1, 11)))])
    course.at(
      11, .ended(worker(2, 2), .signal(9)), [.report(.died(worker(2, 2), .signal(9))), .spawn(2)])
    course.at(11, .started(worker(2, 12)), [.report(.started(worker(2, 12)))])
    course.at(
      12, .ready(worker(1, 11), processes: 2),
      [.report(.ready(worker(1, 11))), .drain(worker(1, 1))])
    course.at(
      13, .ended(worker(1, 1), .code(0)), [.report(.ended(worker(1, 1), .code(0), isClean: true))])
    course.at(14, .ready(worker(2, 12), processes: 2), [.report(.ready(worker(2, 12))), .spawn(2)])
  }

  @Test func `a worker whose restart still waits has its turn in the reload`() {
    var course = Course(ready: 1)
    course.at(
      5, .ended(worker(1, 1), .code(1)), [.report(.died(worker(1, 1), .code(1))), .spawn(1)])
    course.at(5, .started(worker(1, 2)), [.report(.started(worker(1, 2)))])
    course.at(
      5, .ended(worker(1, 2), .code(1)),
      [.report(.died(worker(1, 2), .code(1))), .report(.restartDelayed(1, .seconds(1)))])
    course.at(5.5, .reloadAsked, [.report(.reloading), .spawn(1)])
    course.at(5.5, .started(worker(1, 3)), [.report(.started(worker(1, 3)))])
    course.at(
      6, .ready(worker(1, 3), processes: 1),
      [.report(.ready(worker(1, 3))), .report(.reloaded(workers: 1))])
    #expect(course.deadline == nil)
  }

  @Test func `the new configuration's number of processes holds from the first new worker on`() {
    var fewer = Course(ready: 3)
    fewer.at(10, .reloadAsked, [.report(.reloading), .spawn(1)])
    fewer.at(10, .started(worker(1, 11)), [.report(.started(worker(1, 11)))])
    fewer.at(
      11, .ready(worker(1, 11), processes: 1),
      [
        .report(.ready(worker(1, 11))), .drain(worker(2, 2)), .drain(worker(3, 3)),
        .drain(worker(1, 1)),
      ])
    for number in 1...2 {
      let id = worker(number, Int32(number))
      fewer.at(12, .ended(id, .code(0)), [.report(.ended(id, .code(0), isClean: true))])
    }
    fewer.at(
      13, .ended(worker(3, 3), .code(0)),
      [.report(.ended(worker(3, 3), .code(0), isClean: true)), .report(.reloaded(workers: 1))])

    var more = Course(ready: 1)
    more.at(10, .reloadAsked, [.report(.reloading), .spawn(1)])
    more.at(10, .started(worker(1, 11)), [.report(.started(worker(1, 11)))])
    more.at(
      11, .ready(worker(1, 11), processes: 2),
      [.report(.ready(worker(1, 11))), .drain(worker(1, 1))])
    more.at(
      12, .ended(worker(1, 1), .code(0)),
      [.report(.ended(worker(1, 1), .code(0), isClean: true)), .spawn(2)])
    more.at(12, .started(worker(2, 12)), [.report(.started(worker(2, 12)))])
    more.at(
      13, .ready(worker(2, 12), processes: 2),
      [.report(.ready(worker(2, 12))), .report(.reloaded(workers: 2))])
  }

  // MARK: stop

  @Test func `a stop closes the sockets, then drains all; nothing is started any more`() {
    var course = Course(ready: 2)
    course.at(
      10, .terminateAsked,
      [.report(.stopping), .closeSockets, .drain(worker(1, 1)), .drain(worker(2, 2))])
    #expect(course.deadline == 16)
    course.at(11, .reloadAsked, [])
    course.at(
      12, .ended(worker(2, 2), .code(0)), [.report(.ended(worker(2, 2), .code(0), isClean: true))])
    course.at(
      13, .ended(worker(1, 1), .code(0)),
      [.report(.ended(worker(1, 1), .code(0), isClean: true)), .finish(.drained)])
  }

  @Test func `workers that are not done in six seconds are killed and counted`() {
    var course = Course(ready: 3)
    course.at(
      10, .terminateAsked,
      [
        .report(.stopping), .closeSockets, .drain(worker(1, 1)), .drain(worker(2, 2)),
        .drain(worker(3, 3)),
      ])
    course.at(
      11, .ended(worker(1, 1), .code(0)), [.report(.ended(worker(1, 1), .code(0), isClean: true))])
    course.at(
      16, .timePassed,
      [
        .report(.timedOut(worker(2, 2))), .kill(worker(2, 2)), .report(.timedOut(worker(3, 3))),
        .kill(worker(3, 3)),
      ])
    course.at(
      16, .ended(worker(2, 2), .signal(9)),
      [.report(.ended(worker(2, 2), .signal(9), isClean: false))])
    course.at(
      16, .ended(worker(3, 3), .signal(9)),
      [
        .report(.ended(worker(3, 3), .signal(9), isClean: false)), .finish(.cutOff(workers: 2)),
      ])
  }

  @Test func `the second wish to stop kills who is left`() {
    var course = Course(ready: 2)
    course.at(
      10, .terminateAsked,
      [.report(.stopping), .closeSockets, .drain(worker(1, 1)), .drain(worker(2, 2))])
    course.at(
      11, .ended(worker(2, 2), .code(0)), [.report(.ended(worker(2, 2), .code(0), isClean: true))])
    course.at(11, .terminateAsked, [.kill(worker(1, 1))])
    course.at(
      11, .ended(worker(1, 1), .signal(9)),
      [
        .report(.ended(worker(1, 1), .signal(9), isClean: false)), .finish(.cutOff(workers: 1)),
      ])
  }

  @Test func `a stop during a reload ends old and new workers, and the reload`() {
    var course = Course(ready: 2)
    course.at(10, .reloadAsked, [.report(.reloading), .spawn(1)])
    course.at(10, .started(worker(1, 11)), [.report(.started(worker(1, 11)))])
    course.at(
      11, .ready(worker(1, 11), processes: 2),
      [.report(.ready(worker(1, 11))), .drain(worker(1, 1))])
    course.at(11, .reloadAsked, [])
    // The one that is being replaced is not told twice, and has no longer than the others.
    course.at(
      12, .terminateAsked,
      [.report(.stopping), .closeSockets, .drain(worker(2, 2)), .drain(worker(1, 11))])
    #expect(course.deadline == 18)
    for id in [worker(1, 1), worker(2, 2)] {
      course.at(13, .ended(id, .code(0)), [.report(.ended(id, .code(0), isClean: true))])
    }
    course.at(
      13, .ended(worker(1, 11), .code(0)),
      [.report(.ended(worker(1, 11), .code(0), isClean: true)), .finish(.drained)])
  }

  @Test func `a stop while a new worker starts drains it too, and its word comes too late`() {
    var course = Course(ready: 1)
    course.at(10, .reloadAsked, [.report(.reloading), .spawn(1)])
    course.at(10, .started(worker(1, 11)), [.report(.started(worker(1, 11)))])
    course.at(
      11, .terminateAsked,
      [.report(.stopping), .closeSockets, .drain(worker(1, 1)), .drain(worker(1, 11))])
    course.at(11, .ready(worker(1, 11), processes: 1), [])
    course.at(
      12, .ended(worker(1, 1), .code(0)), [.report(.ended(worker(1, 1), .code(0), isClean: true))])
    course.at(
      12, .ended(worker(1, 11), .signal(15)),
      [
        .report(.ended(worker(1, 11), .signal(15), isClean: false)), .finish(.cutOff(workers: 1)),
      ])
  }

  @Test func `a stop while a restart waits does not wait for it`() {
    var course = Course(ready: 1)
    course.at(
      5, .ended(worker(1, 1), .code(1)), [.report(.died(worker(1, 1), .code(1))), .spawn(1)])
    course.at(
      5, .startFailed(1, reason: "no memory"),
      [.report(.startFailed(reason: "no memory")), .report(.restartDelayed(1, .seconds(1)))])
    course.at(
      5.5, .terminateAsked, [.report(.stopping), .closeSockets, .finish(.drained)])
    #expect(course.deadline == nil)
  }
}

private func worker(_ number: Int, _ pid: Int32) -> WorkerID {
  WorkerID(number: number, pid: pid)
}
