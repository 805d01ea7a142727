/// How long to wait before a worker that has died is started again.
///
/// The first time not at all. One that dies within ten seconds, again and again, waits 1, 2, 4, 8,
/// 16 and from then on 30 seconds: its cause does not go away, and the log stays readable.
struct Backoff {
  private static let shortLife = Duration.seconds(10)
  private static let longest = Duration.seconds(30)

  private var next = Duration.zero

  /// - Parameter life: how long the worker has lived.
  mutating func pause(afterLife life: Duration) -> Duration {
    if life >= Self.shortLife { next = .zero }
    defer { next = next == .zero ? .seconds(1) : min(next * 2, Self.longest) }
    return next
  }
}
