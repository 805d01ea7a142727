/// A point in time on WeChat's wire: 14 digits, `yyyyMMddHHmmss`, Beijing time (北京时间).
///
/// China has had no daylight saving time since 1991, so the offset is eight hours always.
enum BeijingTime {
  private static let offsetSeconds: Int64 = 8 * 3600

  /// - Parameter microseconds: since 1970-01-01T00:00:00Z.
  static func digits(_ microseconds: Int64) -> String {
    let seconds = microseconds.dividedDown(by: 1_000_000) + offsetSeconds
    let days = seconds.dividedDown(by: 86_400)
    let second = seconds - days * 86_400
    let (year, month, day) = civil(days)
    return padded(year, 4) + padded(month, 2) + padded(day, 2)
      + padded(second / 3600, 2) + padded(second / 60 % 60, 2) + padded(second % 60, 2)
  }

  /// The same moment as messages about refunds write it: `yyyy-MM-dd HH:mm:ss`.
  static func text(_ microseconds: Int64) -> String {
    var digits = digits(microseconds)[...]
    func next(_ count: Int) -> Substring {
      defer { digits = digits.dropFirst(count) }
      return digits.prefix(count)
    }
    return "\(next(4))-\(next(2))-\(next(2)) \(next(2)):\(next(2)):\(next(2))"
  }

  /// Microseconds since 1970-01-01T00:00:00Z; nil when the text is not 14 digits of a real time.
  static func microseconds(_ digits: String) -> Int64? {
    let bytes = Array(digits.utf8)
    guard bytes.count == 14, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    func number(_ range: Range<Int>) -> Int64 {
      bytes[range].reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
    let (year, month, day) = (number(0..<4), number(4..<6), number(6..<8))
    let (hour, minute, second) = (number(8..<10), number(10..<12), number(12..<14))
    let days = dayNumber(year, month, day)
    // The calendar decides what a day is: the 31st of February comes back as another date.
    guard civil(days) == (year, month, day), hour < 24, minute < 60, second < 60 else { return nil }
    return (days * 86_400 + hour * 3600 + minute * 60 + second - offsetSeconds) * 1_000_000
  }

  /// Days since 1970-01-01 of a date of the Gregorian calendar.
  ///
  /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
  private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = year.dividedDown(by: 400)
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The reverse of `dayNumber`. Source: as there, `civil_from_days`.
  private static func civil(_ dayNumber: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let days = dayNumber + 719_468
    let era = days.dividedDown(by: 146_097)
    let dayOfEra = days - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}

extension Int64 {
  /// Division that rounds towards minus infinity, so that times before 1970 work.
  fileprivate func dividedDown(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
