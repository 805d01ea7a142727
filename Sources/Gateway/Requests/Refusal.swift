/// A request that was not done, told to a caller who can act on it.
struct Refusal: Error {
  let code: Code
  /// What was expected, what came, what to do.
  let message: String
  /// The methods that the address takes, where it was the method that was refused.
  let allowed: [String]
  /// For the log alone: what the operator must know and the caller must not, such as WeChat's words.
  let reason: String?

  init(_ code: Code, _ message: String? = nil, allowed: [String] = [], reason: String? = nil) {
    self.code = code
    self.message = message ?? code.sentence
    self.allowed = allowed
    self.reason = reason
  }

  /// What HTTP wants to be said beside the status. Source: RFC 9110, sections 10.2.1, 10.2.3, 11.6.1.
  var headers: [(name: String, value: String)] {
    switch code.status {
    case 401: [("WWW-Authenticate", "Bearer")]
    case 405: [("Allow", allowed.joined(separator: ", "))]
    case 429: [("Retry-After", "60")]
    case 503: [("Retry-After", "2")]
    default: []
    }
  }

  /// Stable words: programs are written against them.
  enum Code: String, CaseIterable {
    case malformedRequest = "MALFORMED_REQUEST"
    case loginRequired = "LOGIN_REQUIRED"
    case loginCodeInvalid = "LOGIN_CODE_INVALID"
    case loginRefused = "LOGIN_REFUSED"
    case tokenInvalid = "TOKEN_INVALID"
    case roleInsufficient = "ROLE_INSUFFICIENT"
    case routeNotFound = "ROUTE_NOT_FOUND"
    case orderNotFound = "ORDER_NOT_FOUND"
    case methodNotAllowed = "METHOD_NOT_ALLOWED"
    case orderPaid = "ORDER_PAID"
    case orderClosed = "ORDER_CLOSED"
    case orderExpired = "ORDER_EXPIRED"
    case orderConflict = "ORDER_CONFLICT"
    case orderNotPaid = "ORDER_NOT_PAID"
    case refundNotFound = "REFUND_NOT_FOUND"
    case alarmNotFound = "ALARM_NOT_FOUND"
    case refundExceedsPayment = "REFUND_EXCEEDS_PAYMENT"
    case refundLimitReached = "REFUND_LIMIT_REACHED"
    case refundTooLate = "REFUND_TOO_LATE"
    case refundDayLimitReached = "REFUND_DAY_LIMIT_REACHED"
    case tooManyApplications = "TOO_MANY_APPLICATIONS"
    case refundConflict = "REFUND_CONFLICT"
    case refundStateConflict = "REFUND_STATE_CONFLICT"
    case ordersComeFromShop = "ORDERS_COME_FROM_SHOP"
    case orderUnusable = "ORDER_UNUSABLE"
    case amountMismatch = "AMOUNT_MISMATCH"
    case bodyTooLarge = "BODY_TOO_LARGE"
    case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
    case tooManyLogins = "TOO_MANY_LOGINS"
    case tooManyOpenOrders = "TOO_MANY_OPEN_ORDERS"
    case tooManyRequests = "TOO_MANY_REQUESTS"
    case loginMisconfigured = "LOGIN_MISCONFIGURED"
    case paymentMisconfigured = "PAYMENT_MISCONFIGURED"
    case notificationRefused = "NOTIFICATION_REFUSED"
    case notificationQuarantined = "NOTIFICATION_QUARANTINED"
    case internalFault = "INTERNAL_FAULT"
    case wechatRefused = "WECHAT_REFUSED"
    case wechatUnavailable = "WECHAT_UNAVAILABLE"
    case databaseUnavailable = "DATABASE_UNAVAILABLE"
    case overloaded = "OVERLOADED"

    var status: Int {
      switch self {
      case .malformedRequest, .loginCodeInvalid, .notificationRefused: 400
      case .loginRequired, .tokenInvalid: 401
      case .loginRefused, .roleInsufficient: 403
      case .routeNotFound, .orderNotFound, .refundNotFound, .alarmNotFound: 404
      case .methodNotAllowed: 405
      case .orderPaid, .orderClosed, .orderExpired, .orderConflict, .amountMismatch: 409
      case .notificationQuarantined, .ordersComeFromShop, .orderNotPaid: 409
      case .refundExceedsPayment, .refundLimitReached, .refundTooLate, .refundConflict: 409
      case .refundStateConflict, .refundDayLimitReached, .orderUnusable: 409
      case .bodyTooLarge: 413
      case .unsupportedMediaType: 415
      case .tooManyLogins, .tooManyApplications, .tooManyOpenOrders, .tooManyRequests: 429
      case .internalFault, .loginMisconfigured, .paymentMisconfigured: 500
      case .wechatRefused: 502
      case .wechatUnavailable, .databaseUnavailable, .overloaded: 503
      }
    }

    var sentence: String {
      switch self {
      case .malformedRequest: "The request is not what this route expects."
      case .loginRequired: "Log in first (wx.login, then the login route) and send its token."
      case .loginCodeInvalid:
        "The login code is used, too old, or of another mini-program (appid): call wx.login again."
      case .loginRefused: "WeChat does not let this user log in."
      case .tokenInvalid: "The token is unknown, expired or revoked: ask for a new one."
      case .roleInsufficient: "The token's role does not allow this."
      case .routeNotFound: "There is nothing at this address."
      case .orderNotFound: "There is no such order."
      case .methodNotAllowed: "This address does not take this method."
      case .orderPaid: "The order is paid."
      case .orderClosed: "The order is closed."
      case .orderExpired: "The order's time to pay is over."
      case .orderConflict: "An order of this number exists with other content."
      case .orderNotPaid: "The order is not paid."
      case .refundNotFound: "There is no such refund."
      case .alarmNotFound: "There is no such alarm."
      case .refundExceedsPayment: "The refunds of this order would exceed what was paid."
      case .refundLimitReached: "WeChat takes at most 50 refunds of one payment."
      case .refundTooLate: "WeChat gives money back for one year after the payment."
      case .refundDayLimitReached: "This token has refunded as much today as it may."
      case .tooManyApplications: "Several refunds of this order were applied for: wait a minute."
      case .refundConflict: "A refund of this number or key exists with other content."
      case .refundStateConflict: "The refund's state does not allow this."
      case .ordersComeFromShop:
        "Orders are a view of the shop's own table here: create the order there."
      case .orderUnusable: "The shop's record of the order cannot be used: ask the shop."
      case .amountMismatch: "The amount is not the order's amount: load the order again."
      case .bodyTooLarge: "The body is larger than 65536 bytes."
      case .unsupportedMediaType: "Send the body as application/json."
      case .tooManyRequests:
        "Too many wrong tokens came from this address: wait a minute, and send a valid one."
      case .tooManyLogins: "WeChat allows no more logins of this user right now: wait a minute."
      case .tooManyOpenOrders:
        "You have too many unpaid orders: pay one of them, or wait until one has expired."
      case .loginMisconfigured:
        "WeChat refuses every login: the merchant's appid, AppSecret or quota must be looked at."
      case .paymentMisconfigured:
        "WeChat refuses every payment: the merchant's appid, mch_id or API key must be looked at."
      case .notificationRefused: "The notification is not from WeChat, or not for us."
      case .notificationQuarantined:
        "The notification is genuine, but contradicts our records: see the order's alarms."
      case .internalFault: "Something is wrong in the gateway; its log tells under the request id."
      case .wechatRefused: "WeChat refused the order."
      case .wechatUnavailable: "WeChat does not answer; nothing is lost, try again."
      case .databaseUnavailable: "The gateway's database does not answer; try again."
      case .overloaded: "The gateway has more to do than it can; nothing was begun, try again."
      }
    }
  }
}

extension Refusal: CustomStringConvertible {
  var description: String { "\(code.rawValue): \(message)" }
}
