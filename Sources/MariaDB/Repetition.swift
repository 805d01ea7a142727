/// Decides whether a transaction that failed is run again.
struct Repetition {
  private let deadline: ContinuousClock.Instant
  private var left = 3
  private var pauses = 0
  private var unknown: MariaDBError?

  init(deadline: ContinuousClock.Instant) { self.deadline = deadline }

  /// How long to wait before the next run.
  ///
  /// - Throws: what the caller of the transaction is to see, when there is no next run: `failure`,
  ///   or the earlier unknown outcome of a COMMIT that this failure does not resolve.
  mutating func pause(
    after failure: any Error, at now: ContinuousClock.Instant
  ) throws -> Duration {
    guard let failure = failure as? MariaDBError else { throw failure }
    let room: Duration
    switch failure.kind {
    case .duplicateKey, .decoding: throw failure
    case .other: throw unknown ?? failure
    case .retryTransaction: room = .zero
    case .lost: room = Self.roomToConnect
    case .commitUnknown:
      unknown = failure
      room = Self.roomToConnect
    }
    // Two that collided would collide again without the dice.
    let pause = Duration.milliseconds(Int.random(in: 2...20) << pauses)
    guard left > 0, now + pause + room < deadline else { throw unknown ?? failure }
    left -= 1
    pauses += 1
    return pause
  }

  /// A server that was just lost may be silent: opening a connection then takes this long to fail.
  private static let roomToConnect = Duration.seconds(1)
}
