package import MariaDB
package import Payments

/// The attempts to have orders paid (支付单).
///
/// Every change is one guarded UPDATE and its journal line in one transaction. The guard is the
/// state table itself (`PaymentState.before`), so that no isolation level and no lock matters.
package struct PaymentAttempts: Sendable {
  let database: Database

  package init(_ database: Database) { self.database = database }

  /// Whether an attempt was recorded.
  package enum Opening: Sendable {
    case opened
    /// The order's attempt of that number was there already.
    case existed
    /// Its `out_trade_no` is another order's, as `A-2` is when there are orders `A` and `A-2`; the
    /// number after it may be free.
    case taken
    /// The order names no payer, and this payer has `mostClaims` open attempts on such orders.
    case tooManyClaims
  }

  /// How many attempts on orders that name no payer one buyer may have open: `created` or `unpaid`.
  package static let mostClaims = 20

  /// - Returns: `nil` when there is no attempt of this number.
  package func find(
    _ merchant: MerchantName, _ outTradeNo: OutTradeNo, until deadline: ContinuousClock.Instant
  ) throws -> PaymentAttempt? {
    try database.withConnection(until: deadline) { connection in
      try connection.query(
        """
        \(PaymentAttempt.selection) WHERE p.merchant = ? AND p.out_trade_no = ?
        """, [.text(merchant.text), .text(outTradeNo.text)]
      ).first.map { try PaymentAttempt(Columns(table: "payment", row: $0)) }
    }
  }

  /// All attempts of an order, the first one first.
  package func list(
    _ merchant: MerchantName, of order: OutTradeNo, until deadline: ContinuousClock.Instant
  ) throws -> [PaymentAttempt] {
    try database.withConnection(until: deadline) { connection in
      try connection.query(
        """
        \(PaymentAttempt.selection) WHERE p.merchant = ? AND p.order_no = ? ORDER BY p.attempt
        """, [.text(merchant.text), .text(order.text)]
      ).map { try PaymentAttempt(Columns(table: "payment", row: $0)) }
    }
  }

  /// Records the intent to ask WeChat, before anything is sent.
  ///
  /// - Parameter isClaim: whether the order names no payer, and becomes this one's by being first.
  package func open(
    _ attempt: PaymentAttempt, isClaim: Bool = false, by act: Act
  ) throws -> Opening {
    // Until the deadline, which ends every transaction. Each round a slot was taken, or some freed.
    while true {
      if let opening = try openOnce(attempt, isClaim: isClaim, by: act) { return opening }
    }
  }

  /// - Returns: `nil` when it is to be tried again.
  private func openOnce(
    _ attempt: PaymentAttempt, isClaim: Bool, by act: Act
  ) throws -> Opening? {
    try database.transaction(until: act.deadline) { connection in
      let opening =
        if isClaim, let payer = attempt.openID {
          try connection.openClaim(attempt, of: payer, by: act)
        } else {
          try connection.open(attempt, by: act)
        }
      guard opening == .opened else { return opening }
      try connection.record(
        JournalLine(
          merchant: attempt.merchant, order: attempt.order, outTradeNo: attempt.outTradeNo,
          event: "opened", to: PaymentState.created.rawValue,
          detail: "payment attempt \(attempt.number) of \(attempt.total) recorded"), by: act)
      try connection.plan(
        .payment, attempt.merchant, attempt.outTradeNo.text,
        afterSeconds: Patience.payment.seconds(attempt: 1, percent: 0))
      return .opened
    }
  }

  /// Records a `prepay_id`: the buyer may pay.
  ///
  /// - Throws: `PaymentRefusal` when the attempt has been paid or closed meanwhile.
  package func recordAccepted(
    _ attempt: PaymentAttempt, prepayID: PrepayID, expiresAt: BeijingTime, by act: Act
  ) throws {
    try database.transaction(until: act.deadline) { connection in
      let move = try connection.move(
        attempt, .accepted,
        assigning: """
          prepay_id = ?, prepay_expires_at = ?, refusal = NULL, refused_until = 0
          """,
        [.text(prepayID.text), .integer(expiresAt.microseconds)],
        where: "NOT prepay_id <=> ?", [.text(prepayID.text)])
      guard move.isChange else {
        // WeChat repeats the prepay_id that it gave before: nothing to tell.
        try connection.execute(
          """
          UPDATE payment SET prepay_expires_at = ?, refusal = NULL, refused_until = 0
          WHERE merchant = ? AND out_trade_no = ? AND state = 'unpaid' AND prepay_id = ?
          """, [.integer(expiresAt.microseconds)] + attempt.key + [.text(prepayID.text)])
        return
      }
      try connection.record(
        attempt.line(
          .accepted, from: move.from, detail: "WeChat accepted the order, the buyer may pay"),
        by: act)
    }
  }

  /// Records that WeChat has closed the attempt.
  ///
  /// - Throws: `PaymentRefusal.orderPaid` when it has been paid meanwhile.
  package func recordClosed(_ attempt: PaymentAttempt, _ closing: Closing, by act: Act) throws {
    try database.transaction(until: act.deadline) { connection in
      try connection.close(attempt, closing, by: act)
    }
  }

  /// Records that the time to pay an attempt is over that WeChat had closed before, unless the buyer
  /// has opened another one since.
  package func recordOver(_ attempt: PaymentAttempt, by act: Act) throws {
    try database.transaction(until: act.deadline) { connection in
      let changed = try connection.execute(
        """
        UPDATE payment SET closing = ?
        WHERE merchant = ? AND out_trade_no = ? AND state = 'closed' AND closing = ?
          AND NOT EXISTS (SELECT 1 FROM payment later WHERE later.merchant = ?
            AND later.order_no = ? AND later.attempt > ?)
        """,
        [
          .text(Closing.expired.rawValue), .text(attempt.merchant.text),
          .text(attempt.outTradeNo.text), .text(Closing.wechat.rawValue),
          .text(attempt.merchant.text), .text(attempt.order.text),
          .integer(Int64(attempt.number)),
        ])
      guard changed == 1 else { return }
      try connection.record(attempt.line(.expired, from: .closed), by: act)
    }
  }

  /// Records that an attempt is closed of which WeChat says that it has never heard; `unplaced` only
  /// as long as no call is under way that could still place it.
  ///
  /// - Returns: `false`, with nothing changed, when WeChat has heard of it meanwhile: its answer is
  ///   recorded, and the attempt has to be closed there.
  package func recordNeverPlaced(
    _ attempt: PaymentAttempt, _ closing: Closing, by act: Act
  ) throws -> Bool {
    try database.transaction(until: act.deadline) { connection in
      // Only from `created`: the buyer of an `unpaid` attempt holds what opens the cashier.
      let changed = try connection.execute(
        """
        UPDATE payment SET previous_state = state, state = 'closed', closing = ?
        WHERE merchant = ? AND out_trade_no = ? AND state = 'created'
          AND (unanswered = 0 OR ? <> 'unplaced')
        """, [.text(closing.rawValue)] + attempt.key + [.text(closing.rawValue)])
      guard changed == 1 else { return false }
      try connection.record(attempt.line(closing, from: .created), by: act)
      return true
    }
  }

  /// Closes an order of which WeChat has nothing open: nobody has asked to pay, or the latest
  /// attempt is closed.
  ///
  /// A closed row takes the place of the next attempt. Whoever has already decided to open that one
  /// finds it there, on whichever machine, without any lock.
  /// - Returns: `existed` when somebody asked to pay in the same moment.
  package func closeUnopened(
    _ order: Order, after latest: PaymentAttempt? = nil, by act: Act
  ) throws -> Opening {
    try database.transaction(until: act.deadline) { connection in
      var number = (latest?.number ?? 0) + 1
      while let attempt = PaymentAttempt(unopened: order, number: number, payer: latest?.openID) {
        switch try connection.open(attempt, by: act) {
        case .opened:
          try connection.record(attempt.line(.merchant, from: .created), by: act)
          return .opened
        case .existed: return .existed
        case .taken, .tooManyClaims: number += 1
        }
      }
      // The order's number is too long for another attempt: nobody can open one either.
      guard let latest else { return .taken }
      try connection.close(latest, .merchant, by: act)
      return .opened
    }
  }

  /// Adds to an attempt's history what changed no state; the same trouble once.
  ///
  /// - Parameter detail: a sentence for a person; cut after 512 characters.
  package func note(
    _ attempt: PaymentAttempt, _ event: String, _ detail: String, by act: Act
  ) throws {
    try database.transaction(until: act.deadline) { connection in
      try connection.note(attempt, event, detail, by: act)
    }
  }

  /// Whether it is time to ask WeChat about an attempt again; if so, the moment is taken: of many
  /// simultaneous callers one is told yes.
  package func takeTurnToQuery(
    _ attempt: PaymentAttempt, everySeconds seconds: Int64, by act: Act
  ) throws -> Bool {
    let now = act.now
    return try database.withConnection(until: act.deadline) { connection in
      try connection.execute(
        """
        UPDATE payment SET queried_at = ? WHERE merchant = ? AND out_trade_no = ?
          AND (queried_at <= ? OR queried_at > ?)
        """,
        // A moment to come is of a clock that was set back since: waiting for it could take days.
        [.integer(now.microseconds)] + attempt.key
          + [.integer(now.adding(seconds: -seconds).microseconds), .integer(now.microseconds)]) == 1
    }
  }

  /// The same for an order without an attempt.
  package func takeTurnToQuery(
    _ order: Order, everySeconds seconds: Int64, by act: Act
  ) throws -> Bool {
    let now = act.now
    let key: [Value] = [.text(order.merchant.text), .text(order.number.text)]
    return try database.withConnection(until: act.deadline) { connection in
      let inserted = try connection.executeUnlessTaken(
        "INSERT INTO order_query (merchant, order_no, queried_at) VALUES (?, ?, ?)",
        key + [.integer(now.microseconds)])
      if inserted != nil { return true }
      return try connection.execute(
        """
        UPDATE order_query SET queried_at = ? WHERE merchant = ? AND order_no = ?
          AND (queried_at <= ? OR queried_at > ?)
        """,
        [.integer(now.microseconds)] + key
          + [.integer(now.adding(seconds: -seconds).microseconds), .integer(now.microseconds)]) == 1
    }
  }
}

extension PaymentAttempt {
  var key: [Value] { [.text(merchant.text), .text(outTradeNo.text)] }
}
