/// A JSON value (RFC 8259).
///
/// ```swift
/// let body = try JSON(parsing: request.body)
/// guard let number = body["out_trade_no"]?.string, let fee = body["refund_fee"]?.integer else { … }
/// return ["out_trade_no": JSON(number), "refund_fee": JSON(fee), "alarms": []]
/// ```
package enum JSON: Sendable {
  case null
  case bool(Bool)
  /// The number as it is written: `1990`, `1990.0` and `1.99e3` stay three different texts, so that
  /// no rounding comes between an amount and its check.
  case number(String)
  case string(String)
  case array([JSON])
  /// In the order of the text. A parsed object holds no name twice.
  case object([Member])

  /// A name and its value.
  package struct Member: Sendable {
    package let name: String
    package let value: JSON

    package init(name: String, value: JSON) {
      self.name = name
      self.value = value
    }
  }
}

/// Equal means: written with the same bytes. `String`'s own comparison would not do, as it takes
/// different spellings of one letter for the same.
extension JSON: Equatable {
  package static func == (left: JSON, right: JSON) -> Bool { left.bytes == right.bytes }
}

// MARK: Reading

extension JSON {
  /// The value of the member with this name; nil when there is none, or this is no object.
  ///
  /// A member that is there with the value `null` gives `.null`.
  package subscript(name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
  }

  package var isNull: Bool {
    guard case .null = self else { return false }
    return true
  }

  /// The truth value; nil when this is none.
  package var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The number, if it is written as an integer, without fraction or exponent, and fits.
  package var integer: Int64? {
    guard case .number(let text) = self else { return nil }
    return Int64(text)
  }

  /// The text; nil when this is none.
  package var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  /// The elements; nil when this is no array.
  package var array: [JSON]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  /// The members in their order; nil when this is no object.
  package var members: [Member]? {
    guard case .object(let members) = self else { return nil }
    return members
  }
}

// MARK: Making

extension JSON {
  /// The text, or `null`.
  package init(_ text: String?) { self = text.map { .string($0) } ?? .null }

  /// The number, or `null`.
  package init(_ integer: Int64?) { self = integer.map { .number(String($0)) } ?? .null }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  package init(nilLiteral: ()) { self = .null }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .number(String(value)) }
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member(name: $0.0, value: $0.1) })
  }
}
