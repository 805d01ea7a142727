import Linux
import Payments
import Synchronization

/// Leaves a channel in peace on which nobody answers, so that a thousand waiting orders do not each
/// wait for it in turn; and has shops that are slow to answer leave a thread to the others.
///
/// What it knows is this process's own: it saves time and decides nothing.
final class Breaker: Sendable {
  private struct Outage {
    var failures = 0
    var rest: Int64 = 0
    var until = ContinuousClock.now
  }

  /// A shop's, on all its channels: one server may stand behind them, and must not get a thread for
  /// each.
  private struct Load {
    var busy = 0
    /// When each channel's last answer came, if that was slow: the others' say nothing about it.
    var slowAnswers: [ShopChannel: ContinuousClock.Instant] = [:]

    /// It may be over when nothing was to be told on that channel since.
    var isSlow: Bool { slowAnswers.values.contains { .now < $0 + Breaker.memory } }
  }

  /// An answer that takes as long is not one of a shop that keeps up.
  private static let slowness: Duration = .seconds(1)
  private static let memory: Duration = .seconds(60)

  private let outages = Mutex<[String: Outage]>([:])
  private let loads = Mutex<[MerchantName: Load]>([:])
  private let widthWhenSlow: Int

  /// - Parameter widthWhenSlow: how many may tell slow shops at once, all of these together: fewer
  ///   than there are.
  init(widthWhenSlow: Int) { self.widthWhenSlow = widthWhenSlow }

  /// Runs `body`, which tells the shop something.
  ///
  /// - Returns: `nil`, with nothing told, when the shop is slow and enough wait for such already.
  func telling<Result>(
    _ merchant: MerchantName, _ body: () throws -> Result
  ) rethrows -> Result? {
    let mayBegin = loads.withLock { loads in
      if loads[merchant]?.isSlow == true {
        let busy = loads.values.reduce(0) { $1.isSlow ? $0 + $1.busy : $0 }
        guard busy < widthWhenSlow else { return false }
      }
      loads[merchant, default: Load()].busy += 1
      return true
    }
    guard mayBegin else { return nil }
    defer { loads.withLock { $0[merchant]?.busy -= 1 } }
    return try body()
  }

  /// How long the shop took to answer, or was waited for in vain.
  func noteDuration(_ duration: Duration, _ merchant: MerchantName, _ channel: ShopChannel) {
    loads.withLock { loads in
      loads[merchant, default: Load()].slowAnswers[channel] =
        duration < Self.slowness ? nil : .now
    }
  }

  /// How long the channel is left alone from now on.
  ///
  /// - Returns: `nil` when it may be tried.
  func restSeconds(_ merchant: MerchantName, _ channel: ShopChannel) -> Int64? {
    outages.withLock { outages in
      guard let outage = outages[key(merchant, channel)], .now < outage.until else { return nil }
      return outage.rest
    }
  }

  /// Nobody answered.
  func noteOutage(_ merchant: MerchantName, _ channel: ShopChannel) {
    outages.withLock { outages in
      var outage = outages[key(merchant, channel)] ?? Outage()
      outage.failures += 1
      // A first failure may be the one message's own.
      outage.rest = outage.failures < 3 ? 0 : min(60, 5 << min(outage.failures - 3, 4))
      outage.until = .now + .microseconds(dueAfter(seconds: outage.rest))
      outages[key(merchant, channel)] = outage
    }
  }

  func noteAnswer(_ merchant: MerchantName, _ channel: ShopChannel) {
    outages.withLock { $0[key(merchant, channel)] = nil }
  }

  private func key(_ merchant: MerchantName, _ channel: ShopChannel) -> String {
    "\(channel.rawValue):\(merchant)"
  }
}
