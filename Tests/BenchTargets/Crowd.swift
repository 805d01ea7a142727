import Dispatch
import Foundation
import MariaDB
import Server
import Synchronization
import TestSupport

/// A crowd that pays at one moment while WeChat takes a second to answer.
struct Crowd {
  /// How many requests stood between the recorded intent and the recorded answer, at most.
  let waiting: Int64
  /// The gateway's memory at its largest.
  let peak: Memory
  let load: Load

  init(_ rounds: PaymentRounds, prefix: String) throws {
    try rounds.addOrders(prefix)
    try rounds.stage.control(
      "fault",
      [
        "endpoint": "unifiedorder", "fault": "delay", "count": .number("\(rounds.count)"),
        "milliseconds": 1000,
      ])
    let observer = try Observer(rounds.stage, prefix: prefix)
    load = try rounds.pay(prefix, connections: rounds.count)
    (waiting, peak) = try observer.result()
  }
}

/// Looks at the gateway again and again, from a thread of its own.
private final class Observer: Sendable {
  private let hasEnded = Atomic<Bool>(false)
  private let done = DispatchSemaphore(value: 0)
  private let found: Mutex<Result<(Int64, Memory), any Error>>

  init(_ stage: Stage, prefix: String) throws {
    let gateway = stage.gateway
    let first = try Memory(of: gateway)
    found = Mutex(.success((0, first)))
    let database = stage.connections()
    let thread = Thread { [self] in
      let result = Result {
        var waiting: Int64 = 0
        var peak = first
        while !hasEnded.load(ordering: .relaxed) {
          let memory = try Memory(of: gateway)
          if memory.resident > peak.resident { peak = memory }
          let created = try database.withConnection(until: .now + .seconds(30)) { connection in
            try connection.query(
              """
              SELECT COUNT(*) AS n FROM payment
              WHERE state = 'created' AND out_trade_no LIKE '\(prefix)%'
              """)[0].integer("n")
          }
          waiting = max(waiting, created)
          usleep(20_000)
        }
        return (waiting, peak)
      }
      found.withLock { $0 = result }
      done.signal()
    }
    thread.start()
  }

  func result() throws -> (Int64, Memory) {
    hasEnded.store(true, ordering: .relaxed)
    done.wait()
    return try found.withLock { $0 }.get()
  }
}
