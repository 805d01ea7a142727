import Curl
import Synchronization

/// Addresses from which wrong tokens come, again and again.
///
/// One that has sent more than `limit` within a minute is refused for a minute, without a look into
/// the database. An address of IPv6 counts with its network (/64), of which anybody has all. This
/// machine's own is not counted, as nginx does not: a proxy here would stand for all clients.
/// Bounded, and of this process alone; what an attacker gains from many addresses is nginx's limits.
final class FailedAttempts: Sendable {
  private static let period = Duration.seconds(60)
  private static let capacity = 4096

  private struct Entry {
    var count = 0
    var since: ContinuousClock.Instant
  }

  private let limit: Int
  private let entries = Mutex<[[UInt8]: Entry]>([:])

  init(limit: Int) { self.limit = limit }

  /// Whether an address is to be refused now.
  func isBlocked(_ address: String, at now: ContinuousClock.Instant = .now) -> Bool {
    guard let network = Self.network(of: address) else { return false }
    return entries.withLock { entries in
      guard let entry = entries[network] else { return false }
      return entry.count > limit && now - entry.since < Self.period
    }
  }

  /// Counts a wrong token.
  func note(_ address: String, at now: ContinuousClock.Instant = .now) {
    guard let network = Self.network(of: address) else { return }
    entries.withLock { entries in
      if entries[network] == nil, entries.count >= Self.capacity {
        entries = entries.filter { now - $0.value.since < Self.period && $0.value.count > limit }
        guard entries.count < Self.capacity else { return }
      }
      var entry = entries[network] ?? Entry(since: now)
      if now - entry.since >= Self.period { entry = Entry(since: now) }
      entry.count += 1
      // Refused for a whole minute from here on.
      if entry.count > limit { entry.since = now }
      entries[network] = entry
    }
  }

  /// - Returns: nil for this machine's own address, and for what is no address.
  private static func network(of text: String) -> [UInt8]? {
    guard text != "127.0.0.1", text != "::1", let bytes = InternetAddress(text)?.bytes else {
      return nil
    }
    guard bytes.count == 16 else { return bytes }
    let isMapped = bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF])
    return isMapped ? Array(bytes[12...]) : Array(bytes[..<8])
  }
}
