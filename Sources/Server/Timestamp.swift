import FoundationEssentials

/// Moments as text.
enum Timestamp {
  /// UTC in RFC 3339 with milliseconds: `2026-11-21T01:03:11.020Z`.
  static func text(microsecondsSince1970 microseconds: Int64) -> String {
    // Whole milliseconds first, so that none is lost to a binary fraction.
    let date = Date(timeIntervalSince1970: Double(microseconds / 1000) / 1000)
    return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }
}
