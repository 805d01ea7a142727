package import Payments

/// A payment notification (支付结果通知) as it came, not verified: good for finding the merchant
/// whose key can verify it, and for nothing else.
package struct ReceivedNotification: Sendable {
  /// As the message says; proven only by `verified(with:)`.
  package let appID: AppID
  /// As the message says, likewise.
  package let merchantID: MerchantID
  private let fields: Fields

  /// Reads the body of a request to `notify_url`.
  ///
  /// - Throws: `NotificationRefusal` for what is not a flat message, for names that WeChat does
  ///   not use, for control characters, and when nothing says whose notification it is.
  package init(_ body: [UInt8]) throws(NotificationRefusal) {
    do {
      fields = try FlatXML.read(body)
    } catch {
      throw NotificationRefusal(body, error)
    }
    guard fields["req_info"] == nil || fields["sign"] != nil else { throw .refundNotification }
    for (name, value) in fields {
      guard name.isNotificationName else { throw .name }
      guard value.unicodeScalars.allSatisfy({ $0.isAllowed(in: name) }) else {
        throw .controlCharacter(name)
      }
    }
    do {
      appID = try fields.value("appid", AppID.init)
      merchantID = try fields.value("mch_id", MerchantID.init)
    } catch {
      throw .field(error.name)
    }
  }

  /// Verifies the signature with a merchant's key, then reads what was notified.
  ///
  /// `appid` and `mch_id` are not compared here: a message signed with the merchant's key that
  /// names another appid is genuine and must raise an alarm, not be dropped as a forgery.
  ///
  /// - Throws: `NotificationRefusal.signature`; `.ambiguous` when the signature would be as right
  ///   for other fields; `.field` when a genuine message lacks a field.
  package func verified(with merchant: Merchant) throws(NotificationRefusal) -> PaymentNotification
  {
    do {
      try Signature.verify(fields, key: merchant.apiKey, expected: merchant.signType)
    } catch {
      throw .signature(error)
    }
    // Only now: it looks at every byte for every name, more than a stranger may ask of us.
    guard !fields.hasAmbiguousValue else { throw .ambiguous }
    return try PaymentNotification(verified: fields)
  }
}

/// A payment notification (支付结果通知) whose signature was found right.
package struct PaymentNotification: Sendable {
  /// The whole message as it was signed.
  package let fields: Fields
  /// The payment; `nil` when WeChat reports a failure, which marks nothing as paid.
  package let proof: PaymentProof?

  fileprivate init(verified fields: Fields) throws(NotificationRefusal) {
    self.fields = fields
    do {
      let codes = try ["return_code", "result_code"].map { name throws(FieldRefusal) in
        try fields.value(name) { ["SUCCESS", "FAIL"].contains($0) ? $0 : nil }
      }
      guard codes == ["SUCCESS", "SUCCESS"] else {
        proof = nil
        return
      }
      for name in Fields.reliedUpon {
        _ = try fields.value(name) { $0.isEmpty ? nil : $0 }
      }
      proof = try PaymentProof(fields)
    } catch {
      throw .field(error.name)
    }
  }
}

extension PaymentNotification {
  /// Whether WeChat can return this `attach` in a notification that is accepted here.
  ///
  /// One such as `uid=5&openid=o1` cannot: the signature would be as right for another payer. An
  /// order with it could be paid, and every notification of the payment would be refused.
  package static func canReturn(attach: String) -> Bool { !attach.imitatesField }
}

/// Why a payment notification was refused. No case carries a value of the message.
package enum NotificationRefusal: Error, Sendable, Equatable {
  case message(XMLRefusal)
  /// A field's name is not 1 to 32 of `a-z 0-9 _`.
  case name
  case controlCharacter(String)
  /// A value could be read as several fields.
  case ambiguous
  case signature(SignatureRefusal)
  /// A field that must be there is missing or not of its shape.
  case field(String)
  /// The encrypted part of a refund notification does not open with the merchant's key.
  case undecipherable
  /// JSON, as WeChat sends it to the notify address of APIv3.
  case apiV3
  /// A refund notification at the address of payments.
  case refundNotification
  /// A payment notification at the address of refunds.
  case paymentNotification

  /// - Parameter refusal: why the body is no message of APIv2.
  init(_ body: [UInt8], _ refusal: XMLRefusal) {
    let first = body.first { !" \t\r\n".utf8.contains($0) }
    self = first == UInt8(ascii: "{") ? .apiV3 : .message(refusal)
  }
}

extension NotificationRefusal: CustomStringConvertible {
  /// For the log: which check failed.
  package var description: String {
    switch self {
    case .message(let refusal): "no message of WeChat's form (\(refusal))"
    case .name: "a field's name is none of WeChat's"
    case .controlCharacter(let name): "\(name) holds a control character"
    case .ambiguous: "a value could be read as several fields"
    case .signature(let refusal): "the signature is not right (\(refusal))"
    case .field(let name): "\(name) is missing or not of its shape"
    case .undecipherable: "req_info does not open with the merchant's key"
    case .apiV3:
      "JSON, as APIv3 notifies; this address takes APIv2: the order was placed by another program,"
        + " or the merchant platform names this address"
    case .refundNotification:
      "a refund notification at the address of payments; it belongs to refund_notify_url"
    case .paymentNotification:
      "a payment notification at the address of refunds; it belongs to notify_url"
    }
  }
}

extension Fields {
  /// Fields that every notification of a payment has. `cash_fee` is said to be among them, but
  /// published notifications lack it, and nothing here is decided by it.
  fileprivate static let reliedUpon = [
    "return_code", "result_code", "appid", "mch_id", "nonce_str", "openid", "trade_type",
    "bank_type", "total_fee", "transaction_id", "out_trade_no", "time_end",
  ]

  /// Whether a value looks like several fields to the signature, which joins `name=value` with `&`
  /// and escapes nothing.
  ///
  /// A value may hold `&`: shops send such an `attach`. But a field on which we rely holds none,
  /// and no value holds `&`, its name and `=`. Then the signed text has one place where the field
  /// can begin and one where it can end, so all messages with one signature agree about it.
  fileprivate var hasAmbiguousValue: Bool {
    contains { name, value in
      value.utf8.contains(UInt8(ascii: "&"))
        && (Self.unambiguous.contains(name) || value.imitatesField)
    }
  }

  /// Fields of which all messages with one signature must agree.
  fileprivate static let unambiguous = reliedUpon + ["fee_type"]
}

extension Unicode.Scalar {
  /// Whether a field may hold it. Tabs and line ends are no reason to refuse money in a field that
  /// nothing here reads, such as `attach`.
  fileprivate func isAllowed(in name: String) -> Bool {
    switch value {
    case 0x09, 0x0A, 0x0D: !Fields.unambiguous.contains(name) && name != "sign"
    default: value >= 0x20 && value != 0x7F
    }
  }
}

extension String {
  fileprivate var isNotificationName: Bool {
    (1...32).contains(utf8.count)
      && utf8.allSatisfy {
        $0.isDigit || $0 == UInt8(ascii: "_")
          || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
      }
  }

  /// Whether the signature could take part of the text for a field on which we rely.
  fileprivate var imitatesField: Bool {
    Fields.unambiguous.contains { utf8.contains("&\($0)=".utf8) }
  }
}
