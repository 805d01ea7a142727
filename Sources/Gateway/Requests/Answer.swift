import Checkout
import Curl
import Logging
import MariaDB
import Payments
import Pooling
import Server
import Store
import WeChatPay

/// Turns what a handler returned or threw into an answer: the one place where errors end.
enum Answer {
  static func json(_ value: JSON, status: Int = 200) -> Response {
    Response(status: status, contentType: "application/json", body: value.bytes)
  }

  static func xml(_ body: [UInt8], status: Int = 200) -> Response {
    Response(status: status, contentType: "text/xml", body: body)
  }

  static func refusal(_ refusal: Refusal, requestID: String) -> Response {
    var response = json(
      [
        "code": JSON(refusal.code.rawValue), "message": JSON(refusal.message),
        "request_id": JSON(requestID),
      ], status: refusal.code.status)
    response.headers = refusal.headers
    return response
  }

  /// FAIL, so that WeChat says it again later. The status is that of the address, 200 where it was
  /// the message that was refused. Source: WeChat Pay APIv2, 支付结果通知, the reply.
  static func notRecorded(_ refusal: Refusal) -> Response {
    let reason =
      switch refusal.code {
      case .notificationRefused: "签名失败"
      case .notificationQuarantined: "订单不符"
      default: "系统繁忙"
      }
    let isAddressWrong = [404, 405].contains(refusal.code.status)
    var response = xml(NotifyReply.fail(reason), status: isAddressWrong ? refusal.code.status : 200)
    if isAddressWrong { response.headers = refusal.headers }
    return response
  }

  /// What the caller is told of an error. Details that only the operator may see stay in the log.
  static func refusal(for error: any Error) -> Refusal {
    switch error {
    case let refusal as Refusal: refusal
    case let refusal as PayRefusal: Refusal(for: refusal)
    case let refusal as PaymentRefusal:
      switch refusal {
      case .orderPaid: Refusal(.orderPaid)
      case .orderClosed: Refusal(.orderClosed)
      }
    case let refusal as CheckoutRefusal: Refusal(for: refusal)
    case let error as RepeatedFailure: Refusal(for: error.failure, reason: error.description)
    case let error as PlacedElsewhere: Refusal(.paymentMisconfigured, error.description)
    case let error as PaidInContradiction: Refusal(.orderPaid, error.description)
    case let refusal as NotRefundable: Refusal(for: refusal)
    case let refusal as RefundRefusal: Refusal(for: refusal)
    case let error as WeChatPayError: Refusal(for: PlacingFailure(error), reason: "\(error)")
    case let error as LoginError: Refusal(for: error)
    // Which column, and its rule, is for the operator: it stands in the log.
    case let row as UnusableRow where row.table == "shop_order": Refusal(.orderUnusable)
    case is PoolExhausted: Refusal(.databaseUnavailable)
    case let error as MariaDBError:
      switch error.kind {
      case .lost, .retryTransaction, .commitUnknown, .other: Refusal(.databaseUnavailable)
      case .duplicateKey, .decoding: Refusal(.internalFault)
      }
    // Which check failed is nothing for whoever sent it; it stands in the log.
    case is NotificationRefusal: Refusal(.notificationRefused)
    case let refusal as JSONRefusal:
      Refusal(.malformedRequest, "The body is not JSON as expected: \(refusal)")
    default: Refusal(.internalFault)
    }
  }
}

extension Refusal {
  /// A stranger learns nothing, not even by the time it takes to find out which of the reasons it is.
  init(for refusal: PayRefusal) {
    let code: Code =
      switch refusal {
      case .orderNotFound: .orderNotFound
      case .orderPaid: .orderPaid
      case .orderClosed: .orderClosed
      case .orderExpired: .orderExpired
      }
    self.init(
      code,
      reason: refusal == .orderNotFound
        ? "no such order of this buyer: the number is unknown, or the order belongs to another buyer"
          + " or names another openid (an openid belongs to one appid)"
        : nil)
  }

  init(for refusal: CheckoutRefusal) {
    let (code, message): (Code, String?) =
      switch refusal {
      case .orderNotFound: (.orderNotFound, nil)
      case .refundNotFound: (.refundNotFound, nil)
      case .orderConflict: (.orderConflict, nil)
      case .numberTooLong:
        (
          .orderConflict,
          "The order number is too long for another attempt: create a new order."
        )
      case .amountMismatch: (.amountMismatch, nil)
      case .tooManyClaims: (.tooManyOpenOrders, nil)
      case .ordersComeFromShop: (.ordersComeFromShop, nil)
      case .unusableTime(let time):
        (
          .malformedRequest,
          "expires_at: expected a time from 1 minute to 7 days ahead, got \(time.rfc3339)."
        )
      case .refundConflict: (.refundConflict, nil)
      case .amountConflict(let refund, let applied):
        (
          .refundConflict,
          "The refund is of \(refund.amount) fen, \(applied.amount) were applied for."
        )
      case .reasonMissing:
        (.malformedRequest, "reason: approving less than was applied for needs a reason.")
      case .contended: (.wechatUnavailable, nil)
      }
    let reason: String? =
      refusal == .tooManyClaims
      ? "the buyer has \(PaymentAttempts.mostClaims) open attempts on orders that name no openid;"
        + " somebody may be claiming orders by guessing their numbers" : nil
    self.init(code, message, reason: reason)
  }

  init(for refusal: NotRefundable) {
    switch refusal {
    case .notPaid: self.init(.orderNotPaid)
    case .exceeds(let left):
      self.init(.refundExceedsPayment, "At most \(left.amount) fen can still be refunded.")
    case .exceedsPayment(let total):
      self.init(.refundExceedsPayment, "At most \(total.amount) fen were paid.")
    case .tooMany: self.init(.refundLimitReached)
    case .tooManyApplications:
      self.init(
        .refundLimitReached,
        "No more refunds of this order can be applied for here: talk to the merchant.")
    case .tooFast: self.init(.tooManyApplications)
    case .dayLimitReached: self.init(.refundDayLimitReached)
    case .tooOld: self.init(.refundTooLate)
    }
  }

  init(for refusal: RefundRefusal) {
    let message =
      switch refusal {
      case .notAgreed: "Goods can be received after the return was approved."
      case .goodsAwaited: "The goods have not arrived: mark them received."
      case .notApproved, .notSent: "The refund has not been sent."
      case .isApproved: "The refund is approved: withdraw it, as long as nothing was sent."
      case .isSent: "The refund was sent: WeChat has it, or may have it."
      case .isAccepted: "WeChat has accepted the refund."
      case .isEnded: "The refund has come to its end."
      case .isRejected: "The refund was rejected."
      case .isWithdrawn: "The refund was withdrawn."
      case .isRefused: "WeChat has refused the refund: apply for another one."
      }
    self.init(.refundStateConflict, message)
  }

  /// What a buyer is told of a call to WeChat that brought no result.
  init(for failure: PlacingFailure, reason: String) {
    let (code, words) = Code.of(failure)
    let sentence = words.map { "\(code.sentence.dropLast()) (\($0))." }
    self.init(code, sentence, reason: reason)
  }

  /// The same for the merchant's own programs and people, who can act on WeChat's words.
  init(toMerchant error: WeChatPayError) {
    let (code, _) = Code.of(PlacingFailure(error))
    self.init(code, "\(code.sentence) WeChat: \(error).", reason: "\(error)")
  }

  init(for error: LoginError) {
    let (code, message): (Code, String?) =
      switch error.cause {
      case .codeRefused: (.loginCodeInvalid, nil)
      case .highRisk: (.loginRefused, nil)
      case .tooOften: (.tooManyLogins, nil)
      case .busy, .unreachable, .unusableAnswer: (.wechatUnavailable, nil)
      // Nothing that the buyer can mend.
      case .appID: (.loginMisconfigured, "WeChat refuses every login: it does not know the appid.")
      case .appSecret:
        (.loginMisconfigured, "WeChat refuses every login: the AppSecret is not this appid's.")
      case .appSecretFrozen:
        (.loginMisconfigured, "WeChat refuses every login: the AppSecret is frozen.")
      case .quotaReached:
        (.loginMisconfigured, "WeChat refuses every login: the day's quota of calls is used up.")
      case .refused: (.loginMisconfigured, nil)
      }
    self.init(code, message, reason: "\(error)")
  }
}

extension Refusal.Code {
  fileprivate static func of(_ failure: PlacingFailure) -> (Refusal.Code, words: String?) {
    switch failure {
    case .misconfigured(let words): (.paymentMisconfigured, words)
    case .refused(let word): (.wechatRefused, word)
    case .unavailable: (.wechatUnavailable, nil)
    }
  }
}
