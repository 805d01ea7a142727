import Server

/// Where a fault can be put.
enum Endpoint: String, CaseIterable, Sendable {
  case unifiedOrder = "unifiedorder"
  case orderQuery = "orderquery"
  case closeOrder = "closeorder"
  case login = "jscode2session"
  case refund
  case refundQuery = "refundquery"
  /// The notification of a payment.
  case notify
  /// The notification of a refund.
  case refundNotify = "refund_notify"

  var isNotification: Bool { self == .notify || self == .refundNotify }
  var isAboutRefunds: Bool { [.refund, .refundQuery, .refundNotify].contains(self) }
}

/// A fault that waits for its request.
struct Fault: Sendable {
  /// What goes wrong. "Before" and "after" tell whether WeChat has acted when it does.
  enum Kind: String, CaseIterable, Sendable {
    case delay
    case delayAfter = "delay_after"
    case dropBefore = "drop_before"
    case dropAfter = "drop_after"
    case systemErrorBefore = "systemerror_before"
    case systemErrorAfter = "systemerror_after"
    /// Any refusal, named by `code`; nothing has been done.
    case refuse
    /// Any refusal, though everything has been done.
    case refuseAfter = "refuse_after"
    case html502 = "html_502"
    case html502After = "html_502_after"
    case html200 = "html_200"
    case empty
    case truncated
    case oversized
    case documentType = "doctype"
    case duplicateField = "duplicate_field"
    case wrongSignature = "wrong_signature"
    case missingSignature = "missing_signature"
    case wrongAppID = "wrong_appid"
    case wrongMchID = "wrong_mch_id"
    case wrongOutTradeNo = "wrong_out_trade_no"
    case wrongTotalFee = "wrong_total_fee"
    case wrongOutRefundNo = "wrong_out_refund_no"
    case wrongRefundFee = "wrong_refund_fee"
    case unknownTradeState = "unknown_trade_state"
    case unknownRefundStatus = "unknown_refund_status"
    /// The notification is never sent.
    case lose
    /// The notification is sent twice at once.
    case duplicate
  }

  let endpoint: Endpoint
  let kind: Kind
  /// The one order it is meant for; nil: whoever comes next.
  let outTradeNo: String?
  /// The one refund it is meant for; nil: whichever comes next.
  let outRefundNo: String?
  /// How many requests it still strikes; nil: all until cleared.
  var remaining: Int?
  /// How long to wait, for the delays.
  let milliseconds: Int
  /// Whether it strikes a request that it waits for.
  var chance: Chance
  /// The `err_code` of `refuse` and `refuse_after`.
  let code: String

  /// Whether a request is one that the fault waits for; chance decides the rest.
  func waits(at endpoint: Endpoint, for subject: FaultSubject) -> Bool {
    self.endpoint == endpoint && (outTradeNo == nil || outTradeNo == subject.outTradeNo)
      && (outRefundNo == nil || outRefundNo == subject.outRefundNo)
  }
}

extension Fault.Kind {
  /// Whether the fault makes sense there; the control route refuses the others.
  func isPossible(at endpoint: Endpoint) -> Bool {
    switch self {
    case .delay, .delayAfter, .dropBefore, .dropAfter: true
    case .systemErrorBefore, .systemErrorAfter, .html502, .html502After, .html200, .empty,
      .truncated, .oversized, .refuse:
      !endpoint.isNotification
    case .refuseAfter: !endpoint.isNotification && endpoint != .login
    case .documentType, .duplicateField, .wrongAppID, .wrongMchID, .wrongOutTradeNo:
      endpoint != .login
    // The notification of a refund is encrypted in place of being signed.
    case .wrongSignature, .missingSignature: endpoint != .login && endpoint != .refundNotify
    case .wrongTotalFee:
      endpoint == .orderQuery || endpoint == .notify || endpoint.isAboutRefunds
    case .wrongOutRefundNo, .wrongRefundFee: endpoint.isAboutRefunds
    case .unknownTradeState: endpoint == .orderQuery
    case .unknownRefundStatus: endpoint == .refundQuery || endpoint == .refundNotify
    case .lose, .duplicate: endpoint.isNotification
    }
  }
}

extension Fault {
  /// What happens to the connection before WeChat acts; nil when WeChat gets to act.
  func strikeBefore() -> Response? {
    switch kind {
    case .delay:
      pause(milliseconds: milliseconds)
      return nil
    case .dropBefore: return .drop
    case .html502: return .badGateway
    default: return nil
    }
  }

  /// What happens to the connection once WeChat has acted; nil when its answer goes out.
  func strikeAfter() -> Response? {
    switch kind {
    case .delayAfter:
      pause(milliseconds: milliseconds)
      return nil
    case .dropAfter: return .drop
    case .html502After: return .badGateway
    default: return nil
    }
  }
}
