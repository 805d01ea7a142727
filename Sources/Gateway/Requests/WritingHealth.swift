import MariaDB
import Synchronization

/// Whether MariaDB takes what has to be stored: shared by the sockets of a process.
///
/// A proof is asked for at most once a second, however many ask for it. A server may take that and
/// still refuse what a payment needs, when a disk is full: so what requests meet counts for a while.
final class WritingHealth: Sendable {
  private static let proofLife = Duration.seconds(1)
  private static let troubleLife = Duration.seconds(20)

  private struct State {
    /// Why the last proof failed; nil when it did not.
    var failure: String?
    var provenUntil: ContinuousClock.Instant?
    var isProving = false
    var trouble: (sentence: String, until: ContinuousClock.Instant)?
  }

  private let state = Mutex(State())

  /// Takes note of a failure that a request met.
  func note(_ error: any Error, at now: ContinuousClock.Instant = .now) {
    guard let error = error as? MariaDBError, error.saysNothingCanBeStored else { return }
    state.withLock { $0.trouble = ("\(error)", now + Self.troubleLife) }
  }

  /// Why nothing can be stored; nil when it can.
  ///
  /// - Parameter prove: stores something.
  func reason(at now: ContinuousClock.Instant = .now, prove: () throws -> Void) -> String? {
    let isMine = state.withLock { state in
      if let until = state.provenUntil, now < until || state.isProving { return false }
      state.isProving = true
      return true
    }
    if isMine {
      let failure: String?
      do {
        try prove()
        failure = nil
      } catch {
        failure = "\(error)"
      }
      state.withLock { state in
        state.failure = failure
        state.provenUntil = now + Self.proofLife
        state.isProving = false
      }
    }
    return state.withLock { state in
      if let trouble = state.trouble, now >= trouble.until { state.trouble = nil }
      return state.failure ?? state.trouble?.sentence
    }
  }
}
