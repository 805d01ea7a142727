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
    case let refusal as PayRefusal: Refusal(refusal)
    case let refusal as PaymentRefusal:
      switch refusal {
      case .orderPaid: Refusal(.orderPaid)
      case .orderClosed: Refusal(.orderClosed)
      }
    case let refusal as NotRefundable: Refusal(refusal)
    case let refusal as RefundRefusal: Refusal(refusal)
    case let error as WeChatPayError: Refusal(error)
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
  init(_ refusal: PayRefusal) {
    let code: Code =
      switch refusal {
      case .orderNotFound: .orderNotFound
      case .orderPaid: .orderPaid
      case .orderClosed: .orderClosed
      case .orderExpired: .orderExpired
      }
    self.init(code)
  }

  init(_ refusal: NotRefundable) {
    switch refusal {
    case .notPaid: self.init(.orderNotPaid)
    case .exceeds(let left):
      self.init(.refundExceedsPayment, "At most \(left.amount) fen can be refunded yet.")
    case .tooMany: self.init(.refundLimitReached)
    case .tooOld: self.init(.refundTooLate)
    }
  }

  init(_ refusal: RefundRefusal) {
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

  init(_ error: WeChatPayError) {
    switch error.code {
    case nil, .systemError: self.init(.wechatUnavailable)
    // Asking again brings the same; WeChat's own words say what to do.
    case _?: self.init(.wechatRefused, "WeChat refused: \(error).")
    }
  }
}
