import Linux
import Payments
import Synchronization

/// Leaves a channel in peace on which nobody answers, so that a thousand waiting orders do not each
/// wait for it in turn.
///
/// What it knows is this process's own: it saves time and decides nothing.
final class Breaker: Sendable {
  private struct Outage {
    var failures = 0
    var rest: Int64 = 0
    var until = ContinuousClock.now
  }

  private let outages = Mutex<[String: Outage]>([:])

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
