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

  /// Decides on the ledger as it is, records the events, and returns the outcome.
  ///
  /// - Throws: when the journal cannot be written; nothing has changed then.
  func change<Outcome>(
    _ decide: (_ ledger: Ledger, _ now: Int64) -> (outcome: Outcome, events: [LedgerEvent])
  ) throws -> Outcome {
    try content.withLock { content in
      let now = now()
      let (outcome, events) = decide(content.ledger, now)
      if !events.isEmpty {
        try content.journal.append(
          Array(events.map { $0.line(at: now).bytes }.joined(separator: [0x0A])))
      }
      for event in events { content.ledger.apply(event, at: now) }
      return outcome
    }
  }
}
