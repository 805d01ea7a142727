import Payments
import Server

/// The members of a JSON object, read with refusals that a person can act on.
struct Members {
  private let json: JSON

  init(_ json: JSON) { self.json = json }

  static let description =
    "1 to 127 bytes of visible text, without emoji or other 4-byte characters"

  func allow(_ names: [String]) throws(Refusal) {
    guard let unknown = json.members?.map(\.name).first(where: { !names.contains($0) }) else {
      return
    }
    throw Refusal(
      .malformedRequest,
      "\(unknown.prefix(64)): there is no such field; known are \(names.joined(separator: ", ")).")
  }

  func required<Value>(
    _ name: String, _ expected: String, _ read: (String) -> Value?
  ) throws(Refusal) -> Value {
    guard let value = json[name]?.string.flatMap(read) else { throw refusal(name, expected) }
    return value
  }

  func optional<Value>(
    _ name: String, _ expected: String, _ read: (String) -> Value?
  ) throws(Refusal) -> Value? {
    guard let sent = json[name], !sent.isNull else { return nil }
    return try required(name, expected, read)
  }

  /// An amount that can be paid or returned.
  func amount(_ name: String) throws(Refusal) -> Fen {
    guard let amount = json[name]?.integer.flatMap(Fen.init(payable:)) else {
      throw refusal(name, "a whole number of fen from 1 to \(Fen.maximum)")
    }
    return amount
  }

  func optionalAmount(_ name: String) throws(Refusal) -> Fen? {
    guard let sent = json[name], !sent.isNull else { return nil }
    return try amount(name)
  }

  func optionalReason() throws(Refusal) -> Reason? {
    guard let sent = json["reason"], !sent.isNull else { return nil }
    return try reason()
  }

  func refusal(_ name: String, _ expected: String) -> Refusal {
    Refusal(
      .malformedRequest,
      "\(name): expected \(expected), got \(json[name]?.kind ?? "nothing").")
  }
}

extension Members {
  func orderNumber() throws(Refusal) -> OutTradeNo {
    try required("out_trade_no", "6 to 32 characters of 0-9 A-Z a-z _ - | *", OutTradeNo.init)
  }

  func reason() throws(Refusal) -> Reason {
    try required("reason", "1 to 80 characters of text, which the other side reads", Reason.init)
  }
}

extension RefundKind {
  /// One that a person may choose.
  init?(chosen text: String) {
    guard let kind = RefundKind(rawValue: text), kind != .platform else { return nil }
    self = kind
  }
}

extension JSON {
  fileprivate var kind: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .number(let text): "the number \(text.prefix(32))"
    case .string(let text): "text of \(text.utf8.count) bytes"
    case .array: "a list"
    case .object: "an object"
    }
  }
}
