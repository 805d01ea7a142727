import Linux
package import MariaDB
package import Payments

/// The refunds (退款单) and the money they hold.
///
/// What a refund holds of a payment is reserved in the payment's own row by one guarded UPDATE, so
/// that no number of simultaneous refunds can exceed what was paid. Whoever changes a refund names
/// the version that the decision was made on; everything else about a change is in its transaction.
/// Rows are taken in the order refund, payment, duty.
package struct Refunds: Sendable {
  let database: Database

  package init(_ database: Database) { self.database = database }

  /// What an application came to.
  package enum Creation: Sendable, Equatable {
    case created(Refund)
    /// The same refund was applied for before: nothing was changed.
    case existed(Refund)
    /// The number or key is taken by another refund; nothing was changed.
    case conflict
    /// The payment does not allow it; nothing was changed.
    case refused(NotRefundable)
  }

  /// Records a refund and reserves its amount, once.
  package func apply(_ application: RefundApplication, by act: Act) throws -> Creation {
    do {
      return try database.transaction(until: act.deadline) { connection in
        // The table takes no refund of more than was paid, not even until the end of a transaction.
        guard application.amount <= application.payment.total else {
          guard try connection.taken(by: application).isEmpty else { return .conflict }
          return .refused(try connection.refusal(of: application, at: act.now))
        }
        guard try connection.insert(application, by: act) else {
          return try connection.compare(application)
        }
        try connection.reserve(application, at: act.now)
        try connection.countToday(application, at: act.now)
        guard let refund = try connection.refund(application.payment.merchant, application.number)
        else {
          throw RefundChanged()
        }
        let applied = RefundState.applied
        try connection.record(
          refund.line(
            "applied", to: applied, detail: "\(refund.amount) applied for: \(refund.reason)"),
          by: act)
        if refund.state == .approved {
          try connection.record(
            refund.line(.approved, from: applied, detail: "approved in the same call"), by: act)
          try connection.plan(
            .refund, refund.merchant, refund.number.text, afterSeconds: 0)
        }
        return .created(refund)
      }
    } catch let refusal as NotRefundable {
      if refusal == .dayLimitReached { try raiseDayLimit(application, by: act) }
      return .refused(refusal)
    }
  }

  /// - Returns: `nil` when there is no such refund.
  package func find(
    _ merchant: MerchantName, _ number: OutRefundNo, until deadline: ContinuousClock.Instant
  ) throws -> Refund? {
    try database.withConnection(until: deadline) { try $0.refund(merchant, number) }
  }

  /// The refund that a request with this key stands for; `nil` when the key is new.
  package func find(
    _ merchant: MerchantName, _ key: RequestKey, until deadline: ContinuousClock.Instant
  ) throws -> Refund? {
    try database.withConnection(until: deadline) { connection in
      try connection.query(
        Refund.selection + " WHERE merchant = ? AND request_key = ?",
        [.text(merchant.text), .text(key.text)]
      ).first.map { try Refund(Columns(table: "refund", row: $0)) }
    }
  }

  /// What of a payment no refund holds yet.
  ///
  /// - Throws: `NotRefundable.exceeds` when nothing is left.
  package func left(
    of payment: PaymentAttempt, until deadline: ContinuousClock.Instant
  ) throws -> Fen {
    let row = try database.withConnection(until: deadline) { connection in
      try connection.query(
        "SELECT total_fee - reserved_fee AS available FROM payment WHERE merchant = ? AND out_trade_no = ?",
        [.text(payment.merchant.text), .text(payment.outTradeNo.text)]
      ).first
    }
    guard let left = Fen(payable: try row?.integer("available") ?? 0) else {
      throw NotRefundable.exceeds(left: .zero)
    }
    return left
  }

  /// How many refunds of one order are shown with it.
  package static let shownPerOrder = 100

  /// The newest refunds of each of some orders, oldest first.
  package func find(
    _ merchant: MerchantName, orders: [OutTradeNo], until deadline: ContinuousClock.Instant
  ) throws -> [Refund] {
    guard !orders.isEmpty else { return [] }
    // Order by order, each by its index: one order with many does not slow the others down.
    let newest =
      "(\(Refund.selection) WHERE merchant = ? AND order_no = ?"
      + " ORDER BY applied_at DESC, out_refund_no DESC LIMIT \(Self.shownPerOrder))"
    let refunds = try database.withConnection(until: deadline) { connection in
      try connection.query(
        orders.map { _ in newest }.joined(separator: " UNION ALL "),
        orders.flatMap { [.text(merchant.text), .text($0.text)] }
      ).map { try Refund(Columns(table: "refund", row: $0)) }
    }
    return refunds.sorted {
      ($0.appliedAt.microseconds, $0.number.text) < ($1.appliedAt.microseconds, $1.number.text)
    }
  }

  /// When each of some refunds is tried again that are under way; none of those that are being tried
  /// right now.
  package func nextTries(
    of refunds: [Refund], until deadline: ContinuousClock.Instant
  ) throws -> [OutRefundNo: BeijingTime] {
    let waiting = refunds.filter(\.state.isUnderWay)
    guard let merchant = waiting.first?.merchant else { return [:] }
    let rows = try database.withConnection(until: deadline) { connection in
      try connection.query(
        """
        SELECT subject, due_at FROM duty
        WHERE kind = 'refund' AND merchant = ? AND done_at IS NULL AND lease_until <= \(databaseNow)
          AND subject IN (\(waiting.map { _ in "?" }.joined(separator: ", ")))
        """, [.text(merchant.text)] + waiting.map { .text($0.number.text) })
    }
    var tries: [OutRefundNo: BeijingTime] = [:]
    for row in rows {
      let columns = Columns(table: "duty", row: row)
      tries[try columns.value("subject", OutRefundNo.init)] = try columns.time("due_at")
    }
    return tries
  }

  /// The refund with this number: ours, or WeChat's (微信退款单号).
  package func find(
    _ merchant: MerchantName, named text: String, until deadline: ContinuousClock.Instant
  ) throws -> Refund? {
    if let number = OutRefundNo(text), let refund = try find(merchant, number, until: deadline) {
      return refund
    }
    return try RefundID(text).flatMap { try find(merchant, $0, until: deadline) }
  }

  /// The refund that WeChat knows by this number (微信退款单号).
  package func find(
    _ merchant: MerchantName, _ refundID: RefundID, until deadline: ContinuousClock.Instant
  ) throws -> Refund? {
    try database.withConnection(until: deadline) { connection in
      try connection.query(
        Refund.selection + " WHERE merchant = ? AND refund_id = ?",
        [.text(merchant.text), .text(refundID.text)]
      ).first.map { try Refund(Columns(table: "refund", row: $0)) }
    }
  }

  /// A page of a list.
  package struct Page: Sendable {
    package let refunds: [Refund]
    /// Where the next page begins; `nil` on the last one.
    package let next: RefundCursor?
  }

  /// Refunds of a merchant, oldest first: who has waited longest is served first.
  ///
  /// - Parameter wait: only those that are under way and wait for this.
  package func list(
    merchant: MerchantName, state: RefundState?, waitingFor wait: RefundWait? = nil,
    after cursor: RefundCursor?, limit: Int, until deadline: ContinuousClock.Instant
  ) throws -> Page {
    var conditions = ["merchant = ?"]
    var values: [Value] = [.text(merchant.text)]
    if let state {
      conditions.append("state = ?")
      values.append(.text(state.rawValue))
    }
    if let wait {
      // The states are named so that the index is used: few refunds of all are under way.
      let states = RefundState.allCases.filter(\.isUnderWay).map { "'\($0.rawValue)'" }
      conditions.append("state IN (\(states.joined(separator: ", "))) AND wait = ?")
      values.append(.text(wait.rawValue))
    }
    if let cursor {
      conditions.append("(applied_at > ? OR (applied_at = ? AND out_refund_no > ?))")
      let appliedAt = Value.integer(cursor.appliedAt.microseconds)
      values += [appliedAt, appliedAt, .text(cursor.number.text)]
    }
    // One more than the page tells whether there is another page.
    values.append(.integer(Int64(limit) + 1))
    let refunds = try database.withConnection(until: deadline) { connection in
      try connection.query(
        Refund.selection + " WHERE " + conditions.joined(separator: " AND ")
          + " ORDER BY applied_at, out_refund_no LIMIT ?", values
      ).map { try Refund(Columns(table: "refund", row: $0)) }
    }
    let page = Array(refunds.prefix(limit))
    return Page(
      refunds: page, next: refunds.count > limit ? page.last.map(RefundCursor.init) : nil)
  }
}

/// Where a page of refunds ends.
package struct RefundCursor: Sendable, Equatable {
  package let appliedAt: BeijingTime
  package let number: OutRefundNo

  package init(appliedAt: BeijingTime, number: OutRefundNo) {
    self.appliedAt = appliedAt
    self.number = number
  }

  fileprivate init(_ refund: Refund) {
    self.init(appliedAt: refund.appliedAt, number: refund.number)
  }
}

/// Why a payment does not allow a refund.
package enum NotRefundable: Error, Sendable, Equatable {
  /// It is not paid, or not by this transaction.
  case notPaid
  /// Refunds that were made or applied for leave less than the amount.
  case exceeds(left: Fen)
  /// The amount is more than was ever paid.
  case exceedsPayment(total: Fen)
  /// WeChat takes at most 50 refunds of one payment.
  case tooMany
  /// WeChat gives money back for a year.
  case tooOld
  /// The buyer has applied so often for refunds of this payment that staff has to help.
  case tooManyApplications
  /// The buyer has just applied, and several times before.
  case tooFast
  /// The token has refunded as much today as it may.
  case dayLimitReached
}

extension Connection {
  mutating func refund(_ merchant: MerchantName, _ number: OutRefundNo) throws -> Refund? {
    try query(
      Refund.selection + " WHERE merchant = ? AND out_refund_no = ?",
      [.text(merchant.text), .text(number.text)]
    ).first.map { try Refund(Columns(table: "refund", row: $0)) }
  }

  /// - Returns: `false` when the number or the key is taken.
  fileprivate mutating func insert(
    _ application: RefundApplication, by act: Act
  ) throws -> Bool {
    guard let transactionID = application.payment.transactionID else {
      throw NotRefundable.notPaid
    }
    return try executeUnlessTaken(
      """
      INSERT INTO refund (merchant, out_refund_no, order_no, out_trade_no, transaction_id,
        total_fee, applied_fee, refund_fee, kind, state, reason, parameters, request_key, applied_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(application.payment.merchant.text), .text(application.number.text),
        .text(application.payment.order.text), .text(application.payment.outTradeNo.text),
        .text(transactionID.text), .integer(application.payment.total.amount),
        .integer(application.amount.amount), .integer(application.amount.amount),
        .text(application.kind.rawValue), .text(application.state.rawValue),
        .text(application.reason.text), Value(application.approvedParameters),
        Value(application.key?.text), .integer(act.now.microseconds),
      ]) != nil
  }

  fileprivate mutating func compare(_ application: RefundApplication) throws -> Refunds.Creation {
    let taken = try taken(by: application)
    // A number and a key that belong to two refunds are no repetition of either.
    guard taken.count == 1, let refund = taken.first, application.isContent(of: refund) else {
      return .conflict
    }
    return .existed(refund)
  }

  /// The refunds that have the application's number or key.
  fileprivate mutating func taken(by application: RefundApplication) throws -> [Refund] {
    try query(
      Refund.selection
        + " WHERE merchant = ? AND (out_refund_no = ? OR request_key = ?)",
      [
        .text(application.payment.merchant.text), .text(application.number.text),
        Value(application.key?.text),
      ]
    ).map { try Refund(Columns(table: "refund", row: $0)) }
  }
}

extension NotRefundable: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notPaid: "it is not paid, or not by this transaction"
    case .exceeds(let left): "only \(left) of the payment can still be refunded"
    case .exceedsPayment(let total): "only \(total) were paid"
    case .tooMany: "WeChat takes at most 50 refunds of one payment"
    case .tooOld: "WeChat gives money back for one year after the payment"
    case .tooManyApplications: "its buyer has applied as often as is allowed"
    case .tooFast: "its buyer has applied several times within a minute"
    case .dayLimitReached: "the day's limit of direct refunds is reached"
    }
  }
}
