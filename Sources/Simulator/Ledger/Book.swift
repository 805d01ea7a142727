import Server
import Synchronization

/// The ledger behind its lock, with its journal (`ledger.log`) on disk.
///
/// Decisions are pure functions from the ledger to an outcome and events; the book writes the
/// events down, then applies them, with nothing in between.
final class Book: Sendable {
  private struct Content: ~Copyable {
    var ledger: Ledger
    var journal: LineFile
    var listener: (@Sendable ([LedgerEvent]) -> Void)?

    /// Writes the events down, then applies them.
    mutating func record(_ events: [LedgerEvent], at now: Int64) throws {
      guard !events.isEmpty else { return }
      try journal.append(Array(events.map { $0.line(at: now).bytes }.joined(separator: [0x0A])))
      for event in events { ledger.apply(event, at: now) }
    }
  }

  private let content: Mutex<Content>
  private let now: @Sendable () -> Int64

  /// Replays the journal at `path` and appends to it from then on.
  ///
  /// - Parameter now: microseconds since 1970.
  init(path: String, now: @escaping @Sendable () -> Int64) throws {
    var ledger = Ledger()
    for line in try LineFile.lines(path: path) {
      // A line that a kill cut short was never answered for.
      guard let json = try? JSON(parsing: line), let at = json["at"]?.integer,
        let event = LedgerEvent(json)
      else { continue }
      ledger.apply(event, at: at)
    }
    content = Mutex(Content(ledger: ledger, journal: try LineFile(path: path)))
    self.now = now
  }

  /// What the ledger says at this moment.
  ///
  /// Asked under the lock: a copy that outlives it would make the next event copy all orders.
  func read<Answer: Sendable, Failure: Error>(
    _ question: (_ ledger: Ledger, _ now: Int64) throws(Failure) -> Answer
  ) throws(Failure) -> Answer {
    try content.withLock { content throws(Failure) in try question(content.ledger, now()) }
  }

  /// Has every change told to `listener`, after the fact and outside the lock.
  func listen(_ listener: @escaping @Sendable ([LedgerEvent]) -> Void) {
    content.withLock { $0.listener = listener }
  }

  /// Records what is due, decides on the ledger as it then is, records the events, and returns the
  /// outcome.
  ///
  /// - Throws: when the journal cannot be written; nothing of the decision has happened then.
  func change<Outcome>(
    _ decide: (_ ledger: Ledger, _ now: Int64) -> (outcome: Outcome, events: [LedgerEvent])
  ) throws -> Outcome {
    let (outcome, events, listener) = try content.withLock { content in
      let now = now()
      let due = content.ledger.refunds.due(at: now).map { LedgerEvent.refund($0) }
      try content.record(due, at: now)
      let (outcome, events) = decide(content.ledger, now)
      try content.record(events, at: now)
      return (outcome, due + events, content.listener)
    }
    if !events.isEmpty { listener?(events) }
    return outcome
  }
}
