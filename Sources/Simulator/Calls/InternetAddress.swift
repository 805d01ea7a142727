/// Tells whether a text is an address that a payer can have, as `spbill_create_ip` (终端IP) must be.
///
/// WeChat says "invalid spbill_create_ip" of lists and names, and of IPv4 addresses as a server for
/// both protocols spells them (`::ffff:192.0.2.1`, mapped). A payer has no group's address either.
enum InternetAddress {
  static func isPayer(_ text: String) -> Bool {
    if let bytes = ipv4(text[...]) { return bytes[0] != 0 && bytes[0] < 224 }
    guard let groups = ipv6(text) else { return false }
    let isMapped = groups.prefix(5).allSatisfy { $0 == 0 } && groups[5] == 0xFFFF
    let isUnspecified = groups.allSatisfy { $0 == 0 }
    let isGroup = groups[0] >= 0xFF00
    return !isMapped && !isUnspecified && !isGroup
  }

  /// Four numbers up to 255 without leading zeros.
  private static func ipv4(_ text: Substring) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part in
      UInt8(part).flatMap { String($0) == part ? $0 : nil }
    }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
  }

  /// Eight groups of 16 bits, or fewer with one `::`; the last two may be written as IPv4.
  private static func ipv6(_ text: String) -> [UInt16]? {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    switch halves.count {
    case 1:
      guard let groups = groups(halves[0], mayEndInIPv4: true), groups.count == 8 else {
        return nil
      }
      return groups
    case 2:
      guard let before = groups(halves[0], mayEndInIPv4: false),
        let after = groups(halves[1], mayEndInIPv4: true), before.count + after.count < 8
      else { return nil }
      return before + Array(repeating: 0, count: 8 - before.count - after.count) + after
    default: return nil
    }
  }

  /// The groups that are written out; nil when one is malformed.
  private static func groups(_ text: Substring, mayEndInIPv4: Bool) -> [UInt16]? {
    guard !text.isEmpty else { return [] }
    var parts = text.split(separator: ":", omittingEmptySubsequences: false)[...]
    var end: [UInt16] = []
    if mayEndInIPv4, let bytes = parts.last.flatMap(ipv4) {
      parts.removeLast()
      end = [
        UInt16(bytes[0]) << 8 | UInt16(bytes[1]), UInt16(bytes[2]) << 8 | UInt16(bytes[3]),
      ]
    }
    let groups = parts.compactMap(group)
    return groups.count == parts.count ? groups + end : nil
  }

  private static func group(_ text: Substring) -> UInt16? {
    guard (1...4).contains(text.utf8.count), !text.contains("+"), !text.contains("-") else {
      return nil
    }
    return UInt16(text, radix: 16)
  }
}
