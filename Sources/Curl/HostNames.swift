import Dispatch
import Linux
import Synchronization

/// The addresses of hosts, kept from one request to the next.
///
/// A look-up takes 5 s where the first of two name servers is dead, longer than anybody should wait
/// for a connection: so it has a thread of its own, which goes on when the request that began it has
/// given up. An address is fresh for a minute. Then it is looked up anew, which is waited for a
/// second; a name that was known stays known as long as no name server says otherwise.
final class HostNames: Sendable {
  /// Those of this process.
  static let shared = HostNames(lookUp: lookUpAddresses)

  /// How long to wait for a new look-up where there is an older answer.
  private static let patienceWithOlder = Duration.seconds(1)

  /// Why there is no address.
  enum Failure: Error, Equatable, CustomStringConvertible {
    /// The resolver's words.
    case unknown(String)
    case timedOut

    var description: String {
      switch self {
      case .unknown(let words): words
      case .timedOut: "no name server answered in time"
      }
    }
  }

  private struct Entry {
    var addresses: [String] = []
    var freshUntil: ContinuousClock.Instant?
    var lookUp: LookUp?
  }

  private let entries = Mutex<[String: Entry]>([:])
  private let freshness: Duration
  private let pauseAfterFailure: Duration
  private let lookUp: @Sendable (String) -> Result<[String], Failure>

  /// - Parameters:
  ///   - freshness: how long an answer is not doubted.
  ///   - pauseAfterFailure: how long an older answer is not doubted after a look-up that failed.
  ///   - lookUp: finds the addresses of a name, and may take its time.
  init(
    freshness: Duration = .seconds(60), pauseAfterFailure: Duration = .seconds(10),
    lookUp: @escaping @Sendable (String) -> Result<[String], Failure>
  ) {
    self.freshness = freshness
    self.pauseAfterFailure = pauseAfterFailure
    self.lookUp = lookUp
  }

  /// The addresses of a host, in the order in which they are to be tried.
  ///
  /// - Throws: `Failure` when it is not known, or not by the deadline.
  func addresses(
    of host: String, until deadline: ContinuousClock.Instant
  ) throws(Failure) -> [String] {
    let (older, current) = entries.withLock { entries in
      var entry = entries[host, default: Entry()]
      if let freshUntil = entry.freshUntil, ContinuousClock.now < freshUntil {
        return (entry.addresses, nil as LookUp?)
      }
      let current = entry.lookUp ?? begin(host)
      entry.lookUp = current
      entries[host] = entry
      return (entry.addresses, current)
    }
    guard let current else { return older }
    let patience =
      older.isEmpty ? deadline : min(deadline, current.began + Self.patienceWithOlder)
    let outcome = current.wait(until: patience) ?? .failure(.timedOut)
    if case .failure = outcome, !older.isEmpty { return older }
    return try outcome.get()
  }

  private func begin(_ host: String) -> LookUp {
    let current = LookUp()
    let find: @Sendable () -> Void = { [self] in
      let outcome = lookUp(host)
      entries.withLock { entries in
        var entry = entries[host, default: Entry()]
        entry.lookUp = nil
        switch outcome {
        case .success(let addresses):
          entry.addresses = addresses
          entry.freshUntil = .now + freshness
        case .failure:
          if !entry.addresses.isEmpty { entry.freshUntil = .now + pauseAfterFailure }
        }
        entries[host] = entry
      }
      current.finish(outcome)
    }
    do throws(LinuxError) {
      try NativeThread.start(name: "resolver", find).detach()
    } catch {
      // Not within the lock that `find` takes.
      DispatchQueue.global().async(execute: find)
    }
    return current
  }
}

/// A look-up under way, for which several requests may wait.
private final class LookUp: Sendable {
  let began = ContinuousClock.now
  private let group = DispatchGroup()
  private let outcome = Mutex<Result<[String], HostNames.Failure>?>(nil)

  init() { group.enter() }

  func finish(_ outcome: Result<[String], HostNames.Failure>) {
    self.outcome.withLock { $0 = outcome }
    group.leave()
  }

  /// Nil at the deadline.
  func wait(until deadline: ContinuousClock.Instant) -> Result<[String], HostNames.Failure>? {
    let milliseconds = max(0, Int((deadline - .now) / .milliseconds(1)))
    _ = group.wait(timeout: .now() + .milliseconds(milliseconds))
    return outcome.withLock { $0 }
  }
}
