/// An amount of money in fen (分), one hundredth of a yuan.
///
/// Whole fen only, from 0 to 999,999,999. Money is never a floating-point number here, so 19.90 yuan
/// cannot become 1989 fen. Source: WeChat Pay APIv2, 参数规定, 交易金额.
package struct Fen: Hashable, Comparable, Sendable {
  /// The amount in fen.
  package let amount: Int64

  package static let zero = Fen(unchecked: 0)

  /// The largest amount: nine digits.
  package static let maximum: Int64 = 999_999_999

  private init(unchecked amount: Int64) { self.amount = amount }

  /// - Returns: `nil` unless the amount is from 0 to `maximum`.
  package init?(_ amount: Int64) {
    guard (0...Self.maximum).contains(amount) else { return nil }
    self.amount = amount
  }

  /// The amount of an order or a refund: at least 1 fen.
  ///
  /// - Returns: `nil` for 0, for less, and for more than `maximum`.
  package init?(payable amount: Int64) {
    guard amount > 0 else { return nil }
    self.init(amount)
  }

  /// Reads `total_fee` or `refund_fee` as it stands on the wire: at least 1 fen.
  ///
  /// - Returns: `nil` unless the text is one to nine digits without sign, point or leading zero.
  package init?(digits text: String) {
    let digits = text.utf8
    guard (1...9).contains(digits.count), digits.first != UInt8(ascii: "0"),
      digits.allSatisfy(\.isDigit), let amount = Int64(text)
    else { return nil }
    self.init(payable: amount)
  }

  /// Reads an amount in yuan, such as `19.9`, `0.01` or `0.0`, digit by digit.
  ///
  /// - Returns: `nil` unless the text is digits without leading zeros and at most two decimals.
  ///   Source: bills (对账单), whose amounts are in yuan.
  package init?(yuan text: String) {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard let whole = parts.first, parts.count <= 2, (1...7).contains(whole.count),
      whole.count == 1 || whole.first != UInt8(ascii: "0")
    else { return nil }
    var decimals = parts.count == 2 ? Array(parts[1]) : Array("0".utf8)
    guard (1...2).contains(decimals.count) else { return nil }
    if decimals.count == 1 { decimals.append(UInt8(ascii: "0")) }
    var amount: Int64 = 0
    for digit in whole + decimals {
      guard digit.isDigit else { return nil }
      amount = amount * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    self.init(amount)
  }

  /// What is left when an amount is taken away.
  ///
  /// - Returns: `nil` when there is less than that.
  package func minus(_ other: Fen) -> Fen? { Fen(amount - other.amount) }

  package static func < (left: Fen, right: Fen) -> Bool { left.amount < right.amount }
}

extension Fen: CustomStringConvertible {
  /// For people: `¥19.90`.
  package var description: String {
    let cents = amount % 100
    return "¥\(amount / 100).\(cents < 10 ? "0" : "")\(cents)"
  }
}
