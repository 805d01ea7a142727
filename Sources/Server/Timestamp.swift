import FoundationEssentials

/// Moments as text.
enum Timestamp {
  private static let offsetSeconds: Int64 = 8 * 3600

  /// Beijing time in RFC 3339 with milliseconds: `2026-11-21T09:03:11.020+08:00`, as in the API, in
  /// commands and at WeChat.
  static func text(microsecondsSince1970 microseconds: Int64) -> String {
    // Whole seconds only: the library cuts binary fractions, and half of all milliseconds would come
    // out one less.
    let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let second = Date(timeIntervalSince1970: Double(seconds + offsetSeconds)).formatted(.iso8601)
    let milliseconds = String(1000 + rest / 1000).dropFirst()
    return "\(second.dropLast()).\(milliseconds)+08:00"
  }
}
