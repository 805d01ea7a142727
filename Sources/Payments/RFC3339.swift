extension BeijingTime {
  /// Reads a moment such as `2026-11-21T09:03:11+08:00`, `…11.020Z`; any offset is accepted.
  ///
  /// - Returns: `nil` unless the text is RFC 3339 and names a second that exists, in Beijing's years
  ///   0000 to 9999.
  package init?(rfc3339 text: String) {
    let characters = Array(text.utf8)
    guard characters.count >= 20,
      characters.matches("dddd-dd-ddTdd:dd:dd", at: 0),
      let whole = BeijingTime(
        compact: String(decoding: characters[0..<19].filter(\.isDigit), as: UTF8.self))
    else { return nil }
    var position = 19
    var fraction: Int64 = 0
    if characters[position] == UInt8(ascii: ".") {
      position += 1
      let digits = characters[position...].prefix(while: \.isDigit)
      guard (1...6).contains(digits.count) else { return nil }
      fraction = digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
      for _ in digits.count..<6 { fraction *= 10 }
      position += digits.count
    }
    guard let offset = Self.offset(characters[position...]) else { return nil }
    // `whole` was read as if it were Beijing's.
    self.init(microseconds: whole.adding(seconds: 8 * 3600 - offset).microseconds + fraction)
    // In Beijing the year may be another one, and WeChat's times have four digits for it.
    guard BeijingTime(compact: compact) != nil else { return nil }
  }

  /// The seconds east of Greenwich that `Z` or `±hh:mm` stands for.
  private static func offset(_ text: ArraySlice<UInt8>) -> Int64? {
    let characters = Array(text)
    if characters == Array("Z".utf8) { return 0 }
    guard characters.count == 6, let sign = characters.first,
      sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), characters.matches("dd:dd", at: 1)
    else { return nil }
    let digits = characters.filter(\.isDigit).map { Int64($0 - UInt8(ascii: "0")) }
    let (hours, minutes) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
    guard hours < 24, minutes < 60 else { return nil }
    return (sign == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
  }
}

extension [UInt8] {
  /// Whether the text at a position has a shape, in which `d` stands for any digit.
  fileprivate func matches(_ shape: String, at start: Int) -> Bool {
    let shape = Array(shape.utf8)
    guard count >= start + shape.count else { return false }
    return zip(self[start...], shape).allSatisfy { character, expected in
      expected == UInt8(ascii: "d") ? character.isDigit : character == expected
    }
  }
}
