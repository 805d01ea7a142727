import Server

/// What WeChat and the people on the merchant platform do to refunds.
extension Control {
  /// `{"out_refund_no","refund_status"}`: ends a refund, or decides about one in state CHANGE.
  func finishRefund(_ request: ControlRequest) throws -> JSON {
    let outRefundNo = try request.text("out_refund_no")
    guard let status = RefundStatus(rawValue: try request.text("refund_status")),
      status != .processing
    else { throw ControlRefusal.missing("refund_status") }
    let outcome = try book.change { ledger, _ in
      Self.decideFinish(of: ledger.refunds.byNumber[outRefundNo], status)
    }
    try outcome.get()
    return ["out_refund_no": .string(outRefundNo), "refund_status": .string(status.rawValue)]
  }

  private static func decideFinish(
    of refund: Refund?, _ status: RefundStatus
  ) -> (outcome: Result<Void, ControlRefusal>, events: [LedgerEvent]) {
    guard let refund else { return (.failure(.refundUnknown), []) }
    guard refund.status.canBecome(status) else {
      let reason = "A refund in state \(refund.status.rawValue) cannot become \(status.rawValue)."
      return (.failure(ControlRefusal(409, "REFUND_FINISHED", reason)), [])
    }
    return (.success(()), [.refund(.finished(refund.outRefundNo, status))])
  }

  /// `{"out_trade_no","refund_fee","out_refund_no"?,"notify_url"?}`: a refund is made on the merchant
  /// platform, under any number. Its people need not wait a minute between two refunds.
  func refundByHand(_ request: ControlRequest) throws -> JSON {
    let outTradeNo = try request.text("out_trade_no")
    let fee = try request.integer("refund_fee", 0, minimum: 1)
    guard (1...1_000_000_000).contains(fee) else { throw ControlRefusal.missing("refund_fee") }
    let url = try request.optionalText("notify_url")
    guard url.map(FieldRule.isNotifyURL) != false else {
      throw ControlRefusal.missing("notify_url")
    }
    let number = try request.optionalText("out_refund_no")
    let made = try book.change { ledger, now in
      let wish = RefundWish(
        outRefundNo: number ?? Numbers.refundNumber(at: now), fee: fee, source: .vendorPlatform,
        parameters: [], notifyURL: url)
      return Self.decideByHand(wish, ledger.orders[outTradeNo], ledger.refunds, now)
    }
    let refund = try made.get()
    return [
      "out_refund_no": .string(refund.outRefundNo), "refund_id": .string(refund.refundID),
    ]
  }

  private static func decideByHand(
    _ wish: RefundWish, _ order: Order?, _ refunds: Refunds, _ now: Int64
  ) -> (outcome: Result<Refund, ControlRefusal>, events: [LedgerEvent]) {
    guard let order else { return (.failure(.orderUnknown), []) }
    guard refunds.byNumber[wish.outRefundNo] == nil else {
      return (.failure(ControlRefusal(409, "REFUND_EXISTS", "The number is another refund's.")), [])
    }
    do throws(Refusal) {
      let payment = try wish.checkLimits(order, refunds, now)
      try wish.checkBalance(refunds)
      let refund = wish.refund(order, payment, refunds, now)
      return (.success(refund), refund.acceptance)
    } catch {
      return (.failure(ControlRefusal(409, error.code, error.description)), [])
    }
  }

  /// `{"out_refund_no","probe"?,"count"?,"refund_status"?}`: sends so many at the same moment, and
  /// tells each answer. They claim success, unless the refund has ended otherwise or they are told
  /// what to claim.
  func notifyRefund(_ request: ControlRequest) throws -> JSON {
    let outRefundNo = try request.text("out_refund_no")
    guard let probe = RefundProbe(rawValue: request.body["probe"]?.string ?? "duplicate") else {
      throw ControlRefusal.missing("probe")
    }
    let claim = try claim(request)
    let count = try request.integer("count", 1, minimum: 1)
    guard count <= Self.maximumCount else { throw ControlRefusal.missing("count") }
    let (refund, payment) = try book.read { ledger, _ in
      guard let refund = ledger.refunds.byNumber[outRefundNo],
        let payment = ledger.orders[refund.outTradeNo]?.payment
      else { throw ControlRefusal.refundUnknown }
      return (refund, payment)
    }
    guard let url = refund.notifyURL else {
      throw ControlRefusal(409, "NO_NOTIFY_URL", "The refund has no notify_url.")
    }
    let isUnderWay = refund.status == .processing
    guard probe != .duplicate || !isUnderWay || claim != nil else {
      throw ControlRefusal(409, "PROCESSING", "Nothing was notified that could be repeated.")
    }
    let notification = RefundNotification(
      refund, payment, settings, telling: claim ?? (isUnderWay ? .success : refund.status))
    let copies = Array(repeating: probe.document(notification), count: Int(count))
    let sent = notifier.postman.send(copies, of: .refund(outRefundNo, probe), to: url)
    return .array(sent.map(Self.json))
  }

  private func claim(_ request: ControlRequest) throws(ControlRefusal) -> RefundStatus? {
    guard let word = try request.optionalText("refund_status") else { return nil }
    guard let status = RefundStatus(rawValue: word) else {
      throw .missing("refund_status")
    }
    return status
  }
}
