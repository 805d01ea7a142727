import Server

/// A look into WeChat's books, and what WeChat does to an order by itself.
extension Control {
  /// All orders, oldest first.
  func listOrders(_ request: ControlRequest) throws -> JSON {
    book.read { ledger, now in
      [
        "orders": .array(
          ledger.orderNumbers.compactMap { ledger.orders[$0] }.map { Self.summary(of: $0, now) })
      ]
    }
  }

  func showOrder(_ request: ControlRequest) throws -> JSON {
    guard let outTradeNo = request.query["out_trade_no"] else {
      throw ControlRefusal.missing("out_trade_no")
    }
    return try book.read { ledger, now in
      guard let order = ledger.orders[outTradeNo] else { throw ControlRefusal.orderUnknown }
      let details: JSON = [
        "parameters": .object(
          order.parameters.map { .init(name: $0.name, value: .string($0.value)) }),
        "prepays": .array(
          order.prepays.map { ["prepay_id": .string($0.id), "expires_at": JSON($0.expiresAt)] }),
        "notifications": .array(order.attempts.map { Self.json(of: $0, order) }),
      ]
      return Self.summary(of: order, now).followed(by: details)
    }
  }

  /// Times are microseconds since 1970.
  private static func summary(of order: Order, _ now: Int64) -> JSON {
    [
      "out_trade_no": .string(order.outTradeNo), "state": .string(order.state(at: now).rawValue),
      "total_fee": JSON(order.totalFee), "coupon_fee": JSON(order.payment?.couponFee),
      "transaction_id": JSON(order.payment?.transactionID), "openid": .string(order.openID),
      "prepay_id": JSON(order.prepays.last?.id), "sign_type": .string(order.signType.rawValue),
      "transmissions": JSON(Int64(order.transmissions)), "created_at": JSON(order.createdAt),
      "expires_at": JSON(order.expiresAt), "paid_at": JSON(order.payment?.paidAt),
      "notifications_sent": JSON(Int64(order.attempts.count)),
      "acked": .bool(order.isAcknowledged),
    ]
  }

  /// Ends a prepay session before its two hours are over.
  func expirePrepay(_ request: ControlRequest) throws -> JSON {
    let prepayID = try request.text("prepay_id")
    let isKnown = try book.change { ledger, _ in
      let isKnown = ledger.order(prepayID: prepayID) != nil
      return (isKnown, isKnown ? [.prepayExpired(prepayID)] : [])
    }
    guard isKnown else { throw ControlRefusal.orderUnknown }
    return ["prepay_id": .string(prepayID)]
  }

  /// WeChat closes an order itself, as at its `time_expire`.
  func close(_ request: ControlRequest) throws -> JSON {
    try change(request, to: .closed)
  }

  /// Puts an order into any state that `orderquery` can tell.
  func changeState(_ request: ControlRequest) throws -> JSON {
    guard let state = TradeState(rawValue: try request.text("trade_state")) else {
      throw ControlRefusal.missing("trade_state")
    }
    return try change(request, to: state)
  }

  private func change(_ request: ControlRequest, to state: TradeState) throws -> JSON {
    let outTradeNo = try request.text("out_trade_no")
    let outcome = try book.change { ledger, now in
      Self.decideChange(of: ledger.orders[outTradeNo], to: state, now)
    }
    try outcome.get()
    return ["out_trade_no": .string(outTradeNo), "state": .string(state.rawValue)]
  }

  /// Money stays where it is: a paid order stays paid, an unpaid one is paid by `pay` alone.
  private static func decideChange(
    of order: Order?, to state: TradeState, _ now: Int64
  ) -> (outcome: Result<Void, ControlRefusal>, events: [LedgerEvent]) {
    guard let order else { return (.failure(.orderUnknown), []) }
    guard order.state(at: now).isPaid == state.isPaid else {
      return (
        .failure(ControlRefusal(409, "PAYMENT", "A state cannot make or undo a payment.")), []
      )
    }
    return (.success(()), [.stateChanged(order.outTradeNo, state)])
  }
}
