/// A moment, written as WeChat and the merchant read it: in Beijing time (UTC+8, no summer time).
///
/// Inside the program and in the database a moment is microseconds since 1970 UTC.
package struct BeijingTime: Hashable, Comparable, Sendable {
  /// Microseconds since 1970-01-01T00:00:00Z.
  package let microseconds: Int64

  private static let offsetSeconds: Int64 = 8 * 3600

  package init(microseconds: Int64) { self.microseconds = microseconds }

  /// A moment that was not made here, as a shop's own table may hold any number.
  ///
  /// - Returns: `nil` outside of Beijing's years 0000 to 9999: WeChat's times have four digits for it.
  package init?(untrusted microseconds: Int64) {
    guard Self.calendar.contains(microseconds) else { return nil }
    self.microseconds = microseconds
  }

  private static let calendar: Range<Int64> = {
    let first = Calendar.days(year: 0, month: 1, day: 1) * 86_400 - offsetSeconds
    let end = Calendar.days(year: 10_000, month: 1, day: 1) * 86_400 - offsetSeconds
    return first * 1_000_000..<end * 1_000_000
  }()

  package static func < (left: BeijingTime, right: BeijingTime) -> Bool {
    left.microseconds < right.microseconds
  }

  /// Seconds since 1970, rounded down: `timeStamp` of `wx.requestPayment`.
  package var seconds: Int64 {
    microseconds / 1_000_000 - (microseconds % 1_000_000 < 0 ? 1 : 0)
  }

  /// The moment so much later, earlier when negative; the last there is when that is beyond it.
  package func adding(seconds: Int64) -> BeijingTime {
    let (span, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, isTooFar) = microseconds.addingReportingOverflow(span)
    guard isTooLong || isTooFar else { return BeijingTime(microseconds: sum) }
    return BeijingTime(microseconds: seconds < 0 ? .min : .max)
  }

  /// `yyyyMMddHHmmss`, the form of `time_expire` and `time_end`.
  package var compact: String {
    let parts = components
    return [parts.year.padded(4), parts.month.padded(2), parts.day.padded(2)].joined()
      + [parts.hour.padded(2), parts.minute.padded(2), parts.second.padded(2)].joined()
  }

  /// RFC 3339 with milliseconds: `2026-11-21T09:03:11.020+08:00`.
  package var rfc3339: String {
    let parts = components
    let day = "\(parts.year.padded(4))-\(parts.month.padded(2))-\(parts.day.padded(2))"
    let time = "\(parts.hour.padded(2)):\(parts.minute.padded(2)):\(parts.second.padded(2))"
    let milliseconds = (microseconds.modulo(1_000_000) / 1000).padded(3)
    return "\(day)T\(time).\(milliseconds)+08:00"
  }

  /// Reads `yyyyMMddHHmmss`.
  ///
  /// - Returns: `nil` unless the text is 14 digits and names a second that exists.
  package init?(compact text: String) {
    let digits = Array(text.utf8)
    guard digits.count == 14, digits.allSatisfy(\.isDigit) else { return nil }
    func number(_ range: Range<Int>) -> Int64 {
      digits[range].reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }
    let days = Calendar.days(year: number(0..<4), month: number(4..<6), day: number(6..<8))
    let seconds =
      days * 86_400 + number(8..<10) * 3600 + number(10..<12) * 60 + number(12..<14)
      - Self.offsetSeconds
    self.init(microseconds: seconds * 1_000_000)
    // A day such as 31 November is a day of another name: written back, it reads otherwise.
    guard compact == text else { return nil }
  }

  private struct Components { var year, month, day, hour, minute, second: Int64 }

  private var components: Components {
    let local = seconds + Self.offsetSeconds
    let secondOfDay = local.modulo(86_400)
    let (year, month, day) = Calendar.date(days: (local - secondOfDay) / 86_400)
    return Components(
      year: year, month: month, day: day, hour: secondOfDay / 3600,
      minute: secondOfDay / 60 % 60, second: secondOfDay % 60)
  }
}
