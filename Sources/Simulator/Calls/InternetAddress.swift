/// Tells whether a text is an IPv4 or IPv6 address, as `spbill_create_ip` (终端IP) must be.
enum InternetAddress {
  static func isValid(_ text: String) -> Bool {
    isIPv4(text[...]) || isIPv6(text)
  }

  /// Four numbers up to 255 without leading zeros.
  private static func isIPv4(_ text: Substring) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        part.utf8.allSatisfy { (0x30...0x39).contains($0) }
          && UInt8(part).map { String($0) == part } == true
      }
  }

  /// Eight groups, or fewer with one `::`; the last two may be written as IPv4.
  private static func isIPv6(_ text: String) -> Bool {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    switch halves.count {
    case 1: return groupCount(halves[0], mayEndInIPv4: true) == 8
    case 2:
      guard let before = groupCount(halves[0], mayEndInIPv4: false),
        let after = groupCount(halves[1], mayEndInIPv4: true)
      else { return false }
      return before + after < 8
    default: return false
    }
  }

  /// How many groups of 16 bits the text stands for; nil when one is malformed.
  private static func groupCount(_ text: Substring, mayEndInIPv4: Bool) -> Int? {
    guard !text.isEmpty else { return 0 }
    var groups = text.split(separator: ":", omittingEmptySubsequences: false)[...]
    var count = 0
    if mayEndInIPv4, let last = groups.last, isIPv4(last) {
      groups.removeLast()
      count = 2
    }
    guard groups.allSatisfy(isGroup) else { return nil }
    return count + groups.count
  }

  private static func isGroup(_ group: Substring) -> Bool {
    (1...4).contains(group.utf8.count)
      && group.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
      }
  }
}
