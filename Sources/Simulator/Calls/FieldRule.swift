/// What the manual demands of one request field.
struct FieldRule: Sendable {
  let name: String
  /// The longest value in bytes of UTF-8; the manual leaves open whether it counts characters.
  let maximumBytes: Int
  let isRequired: Bool
  /// Whether a value that is given, and not too long, makes sense.
  let accepts: @Sendable (String) -> Bool

  static func required(
    _ name: String, _ maximumBytes: Int, accepts: @escaping @Sendable (String) -> Bool = isOneLine
  ) -> FieldRule {
    FieldRule(name: name, maximumBytes: maximumBytes, isRequired: true, accepts: accepts)
  }

  static func optional(
    _ name: String, _ maximumBytes: Int, accepts: @escaping @Sendable (String) -> Bool = isOneLine
  ) -> FieldRule {
    FieldRule(name: name, maximumBytes: maximumBytes, isRequired: false, accepts: accepts)
  }

  /// What every call carries.
  static let common: [FieldRule] = [
    .required("appid", 32), .required("mch_id", 32), .required("nonce_str", 32),
    .required("sign", 64), .optional("sign_type", 32),
  ]

  /// Presence and length of all fields: looked at before the signature is.
  static func checkShape(of message: Message, _ rules: [FieldRule]) throws(CommunicationFailure) {
    for rule in rules {
      guard let value = message[rule.name] else {
        guard !rule.isRequired else { throw .missing(field: rule.name) }
        continue
      }
      guard value.utf8.count <= rule.maximumBytes else { throw .tooLong(field: rule.name) }
    }
  }

  /// The meaning of all fields: looked at once the signature is found right.
  static func checkValues(of message: Message, _ rules: [FieldRule]) throws(Refusal) {
    for rule in rules {
      if let value = message[rule.name], !rule.accepts(value) { throw .malformed(rule.name) }
    }
  }
}

extension FieldRule {
  /// No control characters: in XML a line end would reach the other side as another character.
  static func isOneLine(_ value: String) -> Bool {
    value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }

  /// `0-9 A-Z a-z _ - | *`, at least 6 of them (商户订单号).
  static func isOutTradeNo(_ value: String) -> Bool {
    value.utf8.count >= 6 && value.utf8.allSatisfy(isNumberByte)
  }

  /// As `isOutTradeNo`, but of any length and with `@` (商户退款单号).
  static func isOutRefundNo(_ value: String) -> Bool {
    value.utf8.allSatisfy { isNumberByte($0) || $0 == UInt8(ascii: "@") }
  }

  private static func isNumberByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "|"), UInt8(ascii: "*"):
      true
    default: false
    }
  }

  /// Decimal digits without a leading zero, at least 1, of at most 10,000,000 yuan.
  static func isAmount(_ value: String) -> Bool {
    value.utf8.first != UInt8(ascii: "0")
      && value.utf8.allSatisfy { (0x30...0x39).contains($0) }
      && Int64(value).map { $0 <= 1_000_000_000 } == true
  }

  /// An https address without a query; ports and private addresses pass here, WeChat refuses them.
  static func isNotifyURL(_ value: String) -> Bool {
    let scheme = "https://"
    guard value.hasPrefix(scheme), value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      return false
    }
    let host = value.dropFirst(scheme.count).prefix { $0 != "/" }
    return !host.isEmpty && !host.contains("@") && !value.contains { "?#\\".contains($0) }
  }
}
