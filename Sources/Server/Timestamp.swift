import FoundationEssentials

/// Moments as text.
enum Timestamp {
  /// UTC in RFC 3339 with milliseconds: `2026-11-21T01:03:11.020Z`.
  static func text(microsecondsSince1970 microseconds: Int64) -> String {
    // Whole seconds only: the library cuts binary fractions, and half of all milliseconds would come
    // out one less.
    let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let second = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    let milliseconds = String(1000 + rest / 1000).dropFirst()
    return "\(second.dropLast()).\(milliseconds)Z"
  }
}
