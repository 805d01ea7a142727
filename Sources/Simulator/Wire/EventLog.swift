import Logging

/// Says on the log what was asked and answered, what was paid, and what was told to whom: one line
/// each, with the number it is about. No openid, login code, key or signature is in it.
struct EventLog: Sendable {
  let logger: Logger

  /// A call of the payment interface.
  ///
  /// - Parameters:
  ///   - message: nil when the request could not be read.
  ///   - answer: nil when a fault kept WeChat from acting.
  func call(
    _ endpoint: Endpoint, _ message: Message?, _ answer: PaymentAnswer?, _ fault: Fault?
  ) {
    var details: Logger.Metadata = [:]
    for name in Self.toldFields { details[name] = message?[name].map { "\($0)" } }
    details["trade_state"] = answer?.message["trade_state"].map { "\($0)" }
    details["fault"] = fault.map { "\($0.kind.rawValue)" }
    details["result"] = "\(answer?.outcome ?? "nothing was done")"
    logger.log(
      level: answer?.isFailure == true ? .warning : .info, "\(endpoint.rawValue)",
      metadata: details)
  }

  /// A swap of a login code.
  func login(_ outcome: String, _ fault: Fault?) {
    var details: Logger.Metadata = ["result": "\(outcome)"]
    details["fault"] = fault.map { "\($0.kind.rawValue)" }
    logger.info("\(Endpoint.login.rawValue)", metadata: details)
  }

  /// A request to a path that none of WeChat's calls has.
  func unknownCall(_ path: String) {
    logger.warning("no such call", metadata: ["path": "\(path)"])
  }

  /// What happened in WeChat's books without being asked by the merchant.
  func recorded(_ events: [LedgerEvent]) {
    for event in events {
      switch event {
      case .paid(let outTradeNo, let payment):
        var details: Logger.Metadata = [
          "out_trade_no": "\(outTradeNo)", "transaction_id": "\(payment.transactionID)",
        ]
        if !payment.isAnnounced { details["notification"] = "lost by a fault" }
        logger.info("paid", metadata: details)
      case .refund(.finished(let outRefundNo, let status)):
        logger.info(
          "refund ended",
          metadata: ["out_refund_no": "\(outRefundNo)", "refund_status": "\(status.rawValue)"])
      case .refund(.notificationLost(let outRefundNo)):
        logger.info(
          "refund notification lost by a fault", metadata: ["out_refund_no": "\(outRefundNo)"])
      case .codeMade, .codeUsed, .orderCreated, .orderSent, .prepayMade, .prepayExpired,
        .stateChanged, .notified, .refund:
        break
      }
    }
  }

  /// A notification, and what came of it.
  func delivery(_ notification: Notification, to url: String, _ delivery: Delivery) {
    var details = notification.details
    details["to"] = "\(url)"
    details["status"] = "\(delivery.status)"
    details["milliseconds"] = "\(delivery.milliseconds)"
    details["result"] = "\(delivery.trouble ?? "SUCCESS")"
    logger.log(
      level: delivery.isAcknowledged ? .info : .warning, "\(notification.event)",
      metadata: details)
  }

  /// What a delivery carries, as the log names it.
  struct Notification: Sendable {
    let event: String
    let details: Logger.Metadata

    static func payment(_ outTradeNo: String, attempt: Int) -> Notification {
      Notification(
        event: "payment notification",
        details: ["out_trade_no": "\(outTradeNo)", "attempt": "\(count(attempt))"])
    }
    static func payment(_ outTradeNo: String, _ probe: Probe) -> Notification {
      Notification(
        event: "payment notification by hand",
        details: ["out_trade_no": "\(outTradeNo)", "probe": "\(probe.rawValue)"])
    }
    static func refund(_ outRefundNo: String, attempt: Int) -> Notification {
      Notification(
        event: "refund notification",
        details: ["out_refund_no": "\(outRefundNo)", "attempt": "\(count(attempt))"])
    }
    /// The last one is followed by no other.
    private static func count(_ attempt: Int) -> String {
      "\(attempt)/\(Schedule.retrySeconds.count + 1)"
    }

    static func refund(_ outRefundNo: String, _ probe: RefundProbe) -> Notification {
      Notification(
        event: "refund notification by hand",
        details: ["out_refund_no": "\(outRefundNo)", "probe": "\(probe.rawValue)"])
    }
  }

  private static let toldFields = [
    "out_trade_no", "transaction_id", "out_refund_no", "refund_id", "total_fee", "refund_fee",
  ]
}

extension PaymentAnswer {
  /// Whether WeChat did not even look at the request.
  var isFailure: Bool { signType == nil }

  /// `SUCCESS`, the error's code and words, or `FAIL` with its reason.
  var outcome: String {
    if isFailure { return "FAIL: \(message["return_msg"] ?? "")" }
    guard let code = message["err_code"] else { return "SUCCESS" }
    return "\(code): \(message["err_code_des"] ?? "")"
  }
}
