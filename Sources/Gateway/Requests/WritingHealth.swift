import Linux
import MariaDB
import Synchronization

/// Whether MariaDB takes what has to be stored: shared by the sockets of a process.
///
/// A proof is asked for at most once a second, however many ask for it. A server may take that and
/// still refuse what a payment needs, when a disk is full: what requests meet is remembered in the
/// database, for all processes, and where not even that can be, here and for a while.
final class WritingHealth: Sendable {
  private static let proofLife = Duration.seconds(1)
  private static let troubleLife = Duration.seconds(20)

  private struct State {
    /// Why the last proof failed; nil when it did not.
    var failure: String?
    var provenUntil: ContinuousClock.Instant?
    var isProving = false
    var trouble: (sentence: String, until: ContinuousClock.Instant)?
    var rememberedUntil: ContinuousClock.Instant?
  }

  private let state = Mutex(State())

  /// Takes note of a failure that a request met.
  ///
  /// - Parameter remember: keeps a sentence for all processes; called once a second at most.
  func note(
    _ error: any Error, at now: ContinuousClock.Instant = .now,
    remember: (String) throws -> Void
  ) {
    guard let error = error as? MariaDBError, let remedy = error.whatToDoToStore else { return }
    let isFirst = state.withLock { state in
      if let until = state.rememberedUntil, now < until { return false }
      state.rememberedUntil = now + Self.proofLife
      return true
    }
    guard isFirst else { return }
    let sentence = "\(error); \(remedy)"
    do {
      try remember(sentence)
    } catch {
      state.withLock { $0.trouble = (sentence, now + Self.troubleLife) }
    }
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
        let remedy = (error as? MariaDBError)?.whatToDoToStore
        failure = "\(error)" + (remedy.map { "; \($0)" } ?? "")
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

/// A disk that takes no more than a few new pages of each table.
struct NearlyFullDisk: Error, CustomStringConvertible {
  let folder: String
  let freeBytes: Int64

  /// InnoDB lets a table grow by 4 MiB at once, and a payment needs room in six.
  private static let least: Int64 = 32 << 20

  /// Throws when the disk of a folder on this machine is about to be full.
  static func check(_ folder: String) throws(NearlyFullDisk) {
    guard let free = Linux.freeBytes(at: folder), free < least else { return }
    throw NearlyFullDisk(folder: folder, freeBytes: free)
  }

  var description: String {
    "\(freeBytes >> 20) MiB are free for MariaDB's data; make room in the file system of \(folder)"
  }
}
