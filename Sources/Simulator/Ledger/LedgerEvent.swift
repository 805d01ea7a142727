import Server

/// Something that happened at WeChat, as a line of the journal tells it.
enum LedgerEvent: Equatable, Sendable {
  case codeMade(String, openID: String)
  case codeUsed(String)
  case orderCreated(String, parameters: [Field], signType: SignType, expiresAt: Int64)
  /// `unifiedorder` was called for the number, whatever the answer.
  case orderSent(String, signType: SignType)
  case prepayMade(String, Prepay)
  case prepayExpired(String)
  case paid(String, Payment)
  case stateChanged(String, TradeState)
  case notified(String, NotificationAttempt)
  case refund(RefundEvent)
}

extension LedgerEvent {
  /// One line of the journal, without its end.
  func line(at now: Int64) -> JSON {
    (["at": JSON(now)] as JSON).followed(by: json)
  }

  private var json: JSON {
    switch self {
    case .codeMade(let code, let openID):
      ["event": "code_made", "code": .string(code), "openid": .string(openID)]
    case .codeUsed(let code):
      ["event": "code_used", "code": .string(code)]
    case .orderCreated(let outTradeNo, let parameters, let signType, let expiresAt):
      [
        "event": "order_created", "out_trade_no": .string(outTradeNo),
        "parameters": JSON(fields: parameters), "sign_type": .string(signType.rawValue),
        "expires_at": JSON(expiresAt),
      ]
    case .orderSent(let outTradeNo, let signType):
      [
        "event": "order_sent", "out_trade_no": .string(outTradeNo),
        "sign_type": .string(signType.rawValue),
      ]
    case .prepayMade(let outTradeNo, let prepay):
      [
        "event": "prepay_made", "out_trade_no": .string(outTradeNo),
        "prepay_id": .string(prepay.id), "expires_at": JSON(prepay.expiresAt),
      ]
    case .prepayExpired(let prepayID):
      ["event": "prepay_expired", "prepay_id": .string(prepayID)]
    case .paid(let outTradeNo, let payment):
      (["event": "paid", "out_trade_no": .string(outTradeNo)] as JSON).followed(by: payment.json)
    case .stateChanged(let outTradeNo, let state):
      [
        "event": "state_changed", "out_trade_no": .string(outTradeNo),
        "trade_state": .string(state.rawValue),
      ]
    case .notified(let outTradeNo, let attempt):
      (["event": "notified", "out_trade_no": .string(outTradeNo)] as JSON)
        .followed(by: attempt.json)
    case .refund(let event): event.json
    }
  }

  /// Nil when the line is none of this program's.
  init?(_ line: JSON) {
    let number = line["out_trade_no"]?.string
    switch line["event"]?.string {
    case "code_made":
      guard let code = line["code"]?.string, let openID = line["openid"]?.string else { return nil }
      self = .codeMade(code, openID: openID)
    case "code_used":
      guard let code = line["code"]?.string else { return nil }
      self = .codeUsed(code)
    case "order_created":
      guard let number, let parameters = line["parameters"]?.fields,
        let signType = line.signType, let expiresAt = line["expires_at"]?.integer
      else { return nil }
      self = .orderCreated(
        number, parameters: parameters, signType: signType, expiresAt: expiresAt)
    case "order_sent":
      guard let number, let signType = line.signType else { return nil }
      self = .orderSent(number, signType: signType)
    case "prepay_made":
      guard let number, let id = line["prepay_id"]?.string,
        let expiresAt = line["expires_at"]?.integer
      else { return nil }
      self = .prepayMade(number, Prepay(id: id, expiresAt: expiresAt))
    case "prepay_expired":
      guard let prepayID = line["prepay_id"]?.string else { return nil }
      self = .prepayExpired(prepayID)
    case "paid":
      guard let number, let payment = Payment(line) else { return nil }
      self = .paid(number, payment)
    case "state_changed":
      guard let number, let word = line["trade_state"]?.string,
        let state = TradeState(rawValue: word)
      else { return nil }
      self = .stateChanged(number, state)
    case "notified":
      guard let number, let attempt = NotificationAttempt(line) else { return nil }
      self = .notified(number, attempt)
    default:
      guard let event = RefundEvent(line) else { return nil }
      self = .refund(event)
    }
  }
}

extension JSON {
  /// An object of texts, in the order of the fields.
  init(fields: [Field]) {
    self = .object(fields.map { .init(name: $0.name, value: .string($0.value)) })
  }

  /// The members that are texts; nil when this is no object.
  var fields: [Field]? {
    members?.compactMap { member in member.value.string.map { Field(member.name, $0) } }
  }

  fileprivate var signType: SignType? {
    self["sign_type"]?.string.flatMap { SignType(rawValue: $0) }
  }

  /// This object with another one's members after its own.
  func followed(by other: JSON) -> JSON {
    .object((members ?? []) + (other.members ?? []))
  }
}

extension Payment {
  var json: JSON {
    [
      "transaction_id": .string(transactionID), "openid": .string(openID), "paid_at": JSON(paidAt),
      "coupons": .array(coupons.map(\.json)), "announced": .bool(isAnnounced),
    ]
  }

  init?(_ line: JSON) {
    guard let transactionID = line["transaction_id"]?.string, let openID = line["openid"]?.string,
      let paidAt = line["paid_at"]?.integer, let coupons = line["coupons"]?.array,
      let isAnnounced = line["announced"]?.bool
    else { return nil }
    self.init(
      transactionID: transactionID, openID: openID, paidAt: paidAt,
      coupons: coupons.compactMap { Coupon($0) }, isAnnounced: isAnnounced)
  }
}

extension Coupon {
  var json: JSON {
    ["id": .string(id), "fee": JSON(fee), "type": JSON(type)]
  }

  init?(_ json: JSON) {
    guard let id = json["id"]?.string, let fee = json["fee"]?.integer else { return nil }
    self.init(id: id, fee: fee, type: json["type"]?.string)
  }
}

extension NotificationAttempt {
  var json: JSON {
    [
      "attempted_at": JSON(at), "attempt": JSON(Int64(number)), "status": JSON(Int64(status)),
      "reply": .string(reply), "acked": .bool(isAcknowledged),
    ]
  }

  init?(_ line: JSON) {
    guard let at = line["attempted_at"]?.integer, let number = line["attempt"]?.integer,
      let status = line["status"]?.integer, let reply = line["reply"]?.string,
      let isAcknowledged = line["acked"]?.bool
    else { return nil }
    self.init(
      at: at, number: Int(number), status: Int(status), reply: reply,
      isAcknowledged: isAcknowledged)
  }
}
