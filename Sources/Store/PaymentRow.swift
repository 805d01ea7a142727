import MariaDB
import Payments

/// The statements on a row of `payment`, each in the transaction of whoever calls it.
extension Connection {
  /// Records an attempt, if its number is free.
  mutating func open(
    _ attempt: PaymentAttempt, by act: Act
  ) throws -> PaymentAttempts.Opening {
    // The number of a first attempt is the order's own. A later one's is made up, and may be that
    // of an order which nobody has asked to pay yet.
    if attempt.number > 1, try isTaken(attempt) { return .taken }
    if try insert(attempt, by: act) { return .opened }
    return try isTaken(attempt) ? .taken : .existed
  }

  /// Whether an attempt's number is that of another order, or of its attempt.
  mutating func isTaken(_ attempt: PaymentAttempt) throws -> Bool {
    let key: [Value] = [
      .text(attempt.merchant.text), .text(attempt.outTradeNo.text), .text(attempt.order.text),
    ]
    return try !query(
      """
      SELECT 1 FROM payment WHERE merchant = ? AND out_trade_no = ? AND order_no <> ?
      UNION ALL SELECT 1 FROM shop_order WHERE merchant = ? AND order_no = ? AND order_no <> ?
      """, key + key
    ).isEmpty
  }

  mutating func close(
    _ attempt: PaymentAttempt, _ closing: Closing, by act: Act
  ) throws {
    let move = try move(
      attempt, .closed, assigning: "closing = IF(closing = 'merchant', closing, ?)",
      [.text(closing.rawValue)])
    // A repetition is not worth a line, the merchant's own decision is, once.
    guard move.isChange, move.from != .closed || closing == .merchant else { return }
    try record(attempt.line(closing, from: move.from), by: act)
  }

  /// - Parameter claimSlot: one of its payer's slots, if the order names no payer.
  /// - Returns: `false` when an attempt of that number exists, or one with that slot.
  mutating func insert(
    _ attempt: PaymentAttempt, claimSlot: Int64? = nil, by act: Act
  ) throws -> Bool {
    try executeUnlessTaken(
      """
      INSERT INTO payment (merchant, out_trade_no, order_no, attempt, state, openid, total_fee,
        parameters, closing, unanswered, answer_until, created_at, claim_slot)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(attempt.merchant.text), .text(attempt.outTradeNo.text), .text(attempt.order.text),
        .integer(Int64(attempt.number)), .text(attempt.state.rawValue),
        Value(attempt.openID?.text), .integer(attempt.total.amount), .text(attempt.parameters),
        Value(attempt.closing?.rawValue), .integer(attempt.state == .created ? 1 : 0),
        .integer(act.lastArrival.microseconds), .integer(act.now.microseconds), Value(claimSlot),
      ]) != nil
  }

  /// Moves an attempt to the state after an event, if its present state allows the event.
  ///
  /// - Parameter condition: what the row must be like beside.
  /// - Returns: the state before, and whether anything in the row is another since.
  /// - Throws: `PaymentRefusal` when the state forbids the event.
  mutating func move(
    _ attempt: PaymentAttempt, _ event: PaymentEvent, assigning assignments: String,
    _ values: [Value], where condition: String = "TRUE", _ conditionValues: [Value] = []
  ) throws -> (from: PaymentState, isChange: Bool) {
    let key: [Value] = [.text(attempt.merchant.text), .text(attempt.outTradeNo.text)]
    for from in PaymentState.before(event) {
      let to = try from.after(event)
      let changed = try execute(
        """
        UPDATE payment SET previous_state = state, state = ?, \(assignments)
        WHERE merchant = ? AND out_trade_no = ? AND state = ? AND \(condition)
        """, [.text(to.rawValue)] + values + key + [.text(from.rawValue)] + conditionValues)
      if changed == 1 { return (from, true) }
    }
    let state = try query(
      "SELECT state FROM payment WHERE merchant = ? AND out_trade_no = ?", key
    ).first.map { try Columns(table: "payment", row: $0).value("state", PaymentState.init) }
    guard let state else {
      throw UnusableRow(
        table: "payment", column: "out_trade_no", order: attempt.order.text)
    }
    // Nothing changed and nothing forbids it: the row already says what the event says.
    _ = try state.after(event)
    return (state, false)
  }
}

extension PaymentAttempt {
  func line(
    _ event: PaymentEvent, from: PaymentState, detail: String
  ) -> JournalLine {
    JournalLine(
      merchant: merchant, order: order, outTradeNo: outTradeNo, event: event.rawValue,
      from: from.rawValue, to: (try? from.after(event))?.rawValue, detail: detail)
  }

  func line(_ closing: Closing, from: PaymentState) -> JournalLine {
    var line = line(.closed, from: from, detail: closing.sentence)
    line.tells = ShopEvent(closing)
    return line
  }

  /// The row that keeps a closed order from being opened.
  ///
  /// - Returns: `nil` when the order's number is too long for an attempt of that number.
  init?(unopened order: Order, number: Int, payer: OpenID?) {
    guard let outTradeNo = OutTradeNo(order: order.number, attempt: number) else { return nil }
    self.init(
      merchant: order.merchant, order: order.number, outTradeNo: outTradeNo, number: number,
      state: .closed, openID: payer, total: order.total, parameters: "", prepayID: nil,
      prepayExpiresAt: nil, transactionID: nil, paidAt: nil, closing: .merchant)
  }

  init(_ columns: Columns) throws {
    self.init(
      merchant: try columns.value("merchant", MerchantName.init),
      order: try columns.value("order_no", OutTradeNo.init),
      outTradeNo: try columns.value("out_trade_no", OutTradeNo.init),
      number: Int(try columns.row.integer("attempt")),
      state: try columns.value("state", PaymentState.init),
      openID: try columns.optional("payer", OpenID.init), total: try columns.payable("total_fee"),
      parameters: try columns.row.text("parameters"),
      prepayID: try columns.optional("prepay_id", PrepayID.init),
      prepayExpiresAt: try columns.time("prepay_expires_at"),
      transactionID: try columns.optional("transaction_id", TransactionID.init),
      paidAt: try columns.time("paid_at"),
      closing: try columns.optional("closing", Closing.init),
      isUnplaced: try columns.row.text("state") == PaymentState.created.rawValue
        && columns.row.integer("unanswered") == 0,
      refusal: try columns.row.optionalText("refusal").map { text in
        PlacingRefusal(
          text: text,
          until: BeijingTime(microseconds: try columns.row.integer("refused_until")))
      })
  }

  static let selection = """
    SELECT p.merchant, p.order_no, p.openid AS payer, p.total_fee,
      p.created_at, \(columns(of: "p"))
    FROM payment p
    """

  /// The columns of `init`, beside the fee, the payer and those of the order.
  static func columns(of table: String) -> String {
    [
      "out_trade_no", "attempt", "state", "parameters", "prepay_id", "prepay_expires_at",
      "transaction_id", "paid_at", "closing", "unanswered", "refusal", "refused_until",
    ].map { "\(table).\($0)" }.joined(separator: ", ")
  }
}

extension Closing {
  var sentence: String {
    switch self {
    case .merchant: "closed by the merchant"
    case .replaced: "closed because the order's amount changed"
    case .wechat: "WeChat has closed it"
    case .expired: "its time to pay was over, and nobody had paid"
    case .unplaced: "WeChat never took it; the next attempt has fresh parameters"
    case .foreign:
      "another program had placed its number at WeChat; that order is closed there, and the next"
        + " attempt has a number of its own"
    }
  }
}
