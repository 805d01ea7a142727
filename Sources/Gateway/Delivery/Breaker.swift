import Linux
import Payments
import Synchronization

/// Leaves a channel in peace on which nobody answers, so that a thousand waiting orders do not each
/// wait for it in turn; and has one that is slow to answer leave a thread to the others.
///
/// What it knows is this process's own: it saves time and decides nothing.
final class Breaker: Sendable {
  private struct Outage {
    var failures = 0
    var rest: Int64 = 0
    var until = ContinuousClock.now
  }

  private struct Load {
    var busy = 0
    var isSlow = false
  }

  /// An answer that takes as long is not one of a shop that keeps up.
  private static let slowness: Duration = .seconds(1)

  private let outages = Mutex<[String: Outage]>([:])
  private let loads = Mutex<[String: Load]>([:])
  private let widthWhenSlow: Int

  /// - Parameter widthWhenSlow: how many may tell on a slow channel at once: fewer than there are.
  init(widthWhenSlow: Int) { self.widthWhenSlow = widthWhenSlow }

  /// Runs `body`, which tells something on the channel.
  ///
  /// - Returns: `nil`, with nothing told, when the channel is slow and enough wait for it already.
  func telling<Result>(
    _ merchant: MerchantName, _ channel: ShopChannel, _ body: () throws -> Result
  ) rethrows -> Result? {
    let key = key(merchant, channel)
    let mayBegin = loads.withLock { loads in
      let load = loads[key] ?? Load()
      guard !load.isSlow || load.busy < widthWhenSlow else { return false }
      loads[key, default: Load()].busy += 1
      return true
    }
    guard mayBegin else { return nil }
    let start = ContinuousClock.now
    defer {
      loads.withLock { loads in
        loads[key, default: Load()].busy -= 1
        loads[key, default: Load()].isSlow = ContinuousClock.now - start >= Self.slowness
      }
    }
    return try body()
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
