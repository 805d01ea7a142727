import Server

/// How WeChat takes refunds from now on; all of it survives a restart.
extension Control {
  /// A year in milliseconds: longer than any test waits.
  private static let longestDelay: Int64 = 31_536_000_000

  /// `{"outcome","milliseconds"?,"out_refund_no"?,"out_trade_no"?}`: how refunds end that are
  /// accepted from now on: one number's, one order's, or all others.
  func planRefunds(_ request: ControlRequest) throws -> JSON {
    guard let outcome = RefundOutcome(rawValue: try request.text("outcome")) else {
      throw ControlRefusal.missing("outcome")
    }
    let milliseconds = try request.integer("milliseconds", 0)
    guard milliseconds <= Self.longestDelay else { throw ControlRefusal.missing("milliseconds") }
    let outRefundNo = try request.optionalText("out_refund_no")
    let outTradeNo = try request.optionalText("out_trade_no")
    let scope: RefundPlan.Scope =
      if let outRefundNo {
        .refund(outRefundNo: outRefundNo)
      } else if let outTradeNo {
        .order(outTradeNo: outTradeNo)
      } else {
        .everything
      }
    let plan = RefundPlan(scope: scope, outcome: outcome, milliseconds: milliseconds)
    try book.change { _, _ in ((), [.refund(.planned(plan))]) }
    return plan.json
  }

  /// `{"fen"}`: the merchant's money; null: as much as it takes.
  func setBalance(_ request: ControlRequest) throws -> JSON {
    guard let wanted = request.body["fen"], wanted.isNull || wanted.integer.map({ $0 >= 0 }) == true
    else { throw ControlRefusal.missing("fen") }
    let fen = wanted.integer
    try book.change { _, _ in ((), [.refund(.balanceSet(fen))]) }
    return ["fen": JSON(fen)]
  }

  func showBalance(_ request: ControlRequest) throws -> JSON {
    book.read { ledger, _ in ["fen": JSON(ledger.refunds.balance)] }
  }

  /// `{"seconds"}`: the least time between two refunds of one order.
  func setSpacing(_ request: ControlRequest) throws -> JSON {
    let seconds = try request.integer("seconds", -1)
    guard (0...86_400).contains(seconds) else { throw ControlRefusal.missing("seconds") }
    try book.change { _, _ in ((), [.refund(.spacingSet(seconds: seconds))]) }
    return ["seconds": JSON(seconds)]
  }

  /// `{"url"}`: the address that the merchant platform has for refunds that name none; null: none.
  func setRefundNotifyURL(_ request: ControlRequest) throws -> JSON {
    guard request.body["url"] != nil else { throw ControlRefusal.missing("url") }
    let url = try request.optionalText("url")
    guard url.map(FieldRule.isNotifyURL) != false else { throw ControlRefusal.missing("url") }
    try book.change { _, _ in ((), [.refund(.notifyURLSet(url))]) }
    return ["url": JSON(url)]
  }
}
