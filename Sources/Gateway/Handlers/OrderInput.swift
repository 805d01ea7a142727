import Payments
import Server
import Store
import WeChatPay

extension Order {
  /// Reads `{"out_trade_no","total_fee","body","openid"?,"attach"?,"detail"?,"expires_at"?}`.
  ///
  /// - Throws: `Refusal` that names the field, what was expected and what came.
  init(_ json: JSON, merchant: MerchantName) throws(Refusal) {
    let fields = Fields(json: json)
    try fields.allow([
      "out_trade_no", "total_fee", "body", "openid", "attach", "detail", "expires_at",
    ])
    guard let total = json["total_fee"]?.integer.flatMap(Fen.init(payable:)) else {
      throw fields.refusal("total_fee", "a whole number of fen from 1 to \(Fen.maximum)")
    }
    self.init(
      merchant: merchant,
      number: try fields.required(
        "out_trade_no", "6 to 32 characters of 0-9 A-Z a-z _ - | *", OutTradeNo.init),
      openID: try fields.optional("openid", "the payer's openid", OpenID.init),
      total: total,
      body: try fields.required("body", Fields.description, Description.init),
      attach: try fields.optional(
        "attach",
        "\(Fields.description), which reads nowhere like a field of a notification (&openid=)"
      ) { text in
        Description(text).flatMap { PaymentNotification.canReturn(attach: $0) ? $0 : nil }
      },
      detail: try fields.optional("detail", "JSON text of at most 6000 bytes") { text in
        text.utf8.count <= 6000 && text.unicodeScalars.allSatisfy { $0.isAllowedByWeChat }
          ? text : nil
      },
      expiresAt: try fields.optional(
        "expires_at", "a time such as 2026-11-21T09:03:11+08:00", BeijingTime.init(rfc3339:)))
  }
}

/// The members of a JSON object, read with refusals that a person can act on.
private struct Fields {
  let json: JSON

  static let description =
    "1 to 127 bytes of text without control characters and without emoji or other 4-byte characters"

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

  func refusal(_ name: String, _ expected: String) -> Refusal {
    Refusal(
      .malformedRequest,
      "\(name): expected \(expected), got \(json[name]?.kind ?? "nothing").")
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
