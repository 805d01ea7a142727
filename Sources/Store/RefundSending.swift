import Linux
import MariaDB
package import Payments

/// Whether a refund may be sent now.
package enum RefundTurn: Sendable {
  /// Its send is counted: this is the refund as it goes out.
  case send(Refund)
  /// Another refund of the payment was sent less than a minute ago.
  case tooSoon
  /// More is reserved than was paid, as after a refund by hand: a person has to sort it out.
  case overlap
}

/// What is known after a send, or a question about it, that brought no new state.
package enum RefundDoubt: Sendable, Equatable {
  /// WeChat may have it: it is asked before anything is sent again.
  case unanswered
  /// WeChat certainly has not taken what was sent.
  case notAccepted
}

/// What a verified answer of WeChat says of a refund.
package struct RefundNews: Sendable {
  /// `accepted`, `succeeded`, `closed` or `abnormal`.
  package let event: RefundEvent
  package let refundID: RefundID
  package let amount: Fen
  /// When the buyer had the money, if WeChat says.
  package let succeededAt: BeijingTime?

  package init(
    _ event: RefundEvent, refundID: RefundID, amount: Fen, succeededAt: BeijingTime?
  ) {
    self.event = event
    self.refundID = refundID
    self.amount = amount
    self.succeededAt = succeededAt
  }
}

extension Refunds {
  /// WeChat wants a minute between two refunds of an order, and counts when they arrive: the
  /// earlier one may have been under way for as long as a call can take.
  package static let spacingSeconds: Int64 = 75

  /// Counts a send before its first byte leaves.
  ///
  /// - Throws: `LeaseLost`, `RefundChanged`; `RefundRefusal` when it is not to be sent any more.
  package func takeTurnToSend(_ refund: Refund, _ duty: Duty, by act: Act) throws -> RefundTurn {
    do {
      return try database.transaction(until: act.deadline) { connection in
        try connection.move(
          refund, .sent,
          assigning: ["sends = sends + 1", "unanswered = 1", "wait = NULL", "remark = NULL"],
          detail: "send \(refund.sends + 1) of \(refund.amount)", by: act)
        try connection.takeSlot(refund)
        try connection.hold(duty)
        return .send(try connection.latest(refund))
      }
    } catch let missed as SlotMissed {
      switch missed {
      case .tooSoon: return .tooSoon
      case .overlap: return .overlap
      }
    }
  }

  /// Records what a verified answer of WeChat says of a refund.
  ///
  /// Such news is true whoever brings it, so that no lease is asked for.
  /// - Returns: the refund as it stands afterwards. It is unchanged when the news contradicts it,
  ///   which becomes an alarm.
  package func record(_ news: RefundNews, of refund: Refund, by act: Act) throws -> Refund {
    while true {
      do {
        return try database.transaction(until: act.deadline) { connection in
          let refund = try connection.latest(refund)
          try connection.record(news, of: refund, by: act)
          return try connection.latest(refund)
        }
      } catch is RefundChanged {
        // A notification's follower and the sender bring the same news; the deadline ends it.
      }
    }
  }

  /// Records that WeChat refused a refund for good and, asked afterwards, does not know its number:
  /// its amount is free again.
  ///
  /// - Throws: `LeaseLost`, `RefundChanged`, `RefundRefusal`.
  package func recordRefused(
    _ refund: Refund, _ duty: Duty, remark: String, by act: Act
  ) throws -> Refund {
    try database.transaction(until: act.deadline) { connection in
      try connection.move(
        refund, .refused, assigning: ["unanswered = 0", "wait = NULL", "remark = ?"],
        [.text(remark.abridged(to: 255))], detail: remark, by: act)
      try connection.hold(duty)
      return try connection.latest(refund)
    }
  }

  /// Makes it due to go on with a refund that waits; one that was left to a person is sent again.
  ///
  /// WeChat is not asked about what may still be on its way to it.
  package func hurry(_ refund: Refund, by act: Act) throws {
    while true {
      do {
        return try database.transaction(until: act.deadline) { connection in
          try connection.hurry(try connection.latest(refund), by: act)
        }
      } catch is RefundChanged {
        // A worker is at it, too; the deadline ends it.
      }
    }
  }

  /// Makes it due to go on with all refunds of a merchant that wait for one thing: what one of them
  /// has got over, the others need not wait for.
  package func hurryAll(_ merchant: MerchantName, waitingFor wait: RefundWait, by act: Act) throws {
    // What was sent just now has its time to arrive.
    let soon = Value.integer(dueAfter(seconds: arrivalSeconds))
    try database.withConnection(until: act.deadline) { connection in
      _ = try connection.execute(
        """
        UPDATE duty SET due_at = LEAST(due_at, \(databaseNow) + ?)
        WHERE kind = 'refund' AND merchant = ? AND done_at IS NULL AND lease_until <= \(databaseNow)
          AND EXISTS (SELECT 1 FROM refund r WHERE r.merchant = duty.merchant
            AND r.out_refund_no = duty.subject AND r.wait = ?)
        """, [soon, .text(merchant.text), .text(wait.rawValue)])
    }
  }

  /// Notes why a refund does not get ahead, for people to see.
  ///
  /// - Parameters:
  ///   - isRefusal: whether WeChat has refused it for a reason that is not known here.
  ///   - parameters: others than before, with which it is to be sent from now on; only after WeChat
  ///     has certainly not accepted the former.
  /// - Throws: `LeaseLost`, `RefundChanged`.
  package func note(
    _ doubt: RefundDoubt, waiting wait: RefundWait, remark: String, of refund: Refund, _ duty: Duty,
    isRefusal: Bool = false, parameters: String? = nil, by act: Act
  ) throws {
    try database.transaction(until: act.deadline) { connection in
      let changed = try connection.execute(
        """
        UPDATE refund SET unanswered = ?, wait = ?, remark = ?, refusals = refusals + ?,
          version = version + 1, parameters = COALESCE(?, parameters),
          held_since = IF(? IS NULL OR held_by = ?, held_since, ?), held_by = COALESCE(?, held_by)
        WHERE merchant = ? AND out_refund_no = ? AND version = ?
        """,
        [
          .integer(doubt == .unanswered ? 1 : 0), .text(wait.rawValue),
          .text(remark.abridged(to: 255)),
          .integer(isRefusal ? 1 : 0), Value(parameters), Value(wait.held), Value(wait.held),
          .integer(act.now.microseconds), Value(wait.held), .text(refund.merchant.text),
          .text(refund.number.text), .integer(refund.version),
        ])
      guard changed == 1 else { throw RefundChanged() }
      // The same trouble again and again is one line of the order's history.
      let line = refund.line("waiting", detail: "\(wait.rawValue): \(remark)")
      if try !connection.holds(line) { try connection.record(line, by: act) }
      try connection.hold(duty)
    }
  }
}

private enum SlotMissed: Error, CustomStringConvertible {
  case tooSoon, overlap

  var description: String {
    switch self {
    case .tooSoon: "another refund of the payment was sent a moment ago"
    case .overlap: "more is reserved for refunds than was paid"
    }
  }
}

extension Connection {
  mutating func latest(_ refund: Refund) throws -> Refund {
    guard let latest = try self.refund(refund.merchant, refund.number) else {
      throw UnusableRow(table: "refund", column: "out_refund_no", order: refund.order.text)
    }
    return latest
  }

  fileprivate mutating func hurry(_ refund: Refund, by act: Act) throws {
    if refund.refusals > 0 {
      let changed = try execute(
        """
        UPDATE refund SET refusals = 0, version = version + 1
        WHERE merchant = ? AND out_refund_no = ? AND version = ?
        """,
        [.text(refund.merchant.text), .text(refund.number.text), .integer(refund.version)])
      guard changed == 1 else { throw RefundChanged() }
      if refund.isLeftToPerson {
        try record(refund.line("retried", detail: "to be sent again"), by: act)
      }
    }
    try plan(
      .refund, refund.merchant, refund.number.text,
      afterSeconds: refund.isUnanswered ? try secondsUntilArrival(of: refund) : 0)
  }

  /// How long what was sent of a refund may still be on its way.
  private mutating func secondsUntilArrival(of refund: Refund) throws -> Int64 {
    let row = try query(
      """
      SELECT GREATEST(refund_sent_at + ? - \(databaseNow), 0) AS rest FROM payment
      WHERE merchant = ? AND out_trade_no = ? AND refund_sent_no = ?
      """,
      [
        .integer(dueAfter(seconds: arrivalSeconds)), .text(refund.merchant.text),
        .text(refund.outTradeNo.text), .text(refund.number.text),
      ]
    ).first
    // Where another was sent since, a minute has passed.
    return secondsUntilDue(microseconds: try row?.integer("rest") ?? 0)
  }

  /// Takes the payment's slot: one refund at a time, and never one too much.
  ///
  /// - Throws: `SlotMissed`.
  fileprivate mutating func takeSlot(_ refund: Refund) throws {
    let key: [Value] = [.text(refund.merchant.text), .text(refund.outTradeNo.text)]
    let taken = try execute(
      """
      UPDATE payment SET refund_sent_no = ?, refund_sent_at = GREATEST(\(databaseNow), refund_sent_at + 1)
      WHERE merchant = ? AND out_trade_no = ? AND reserved_fee <= total_fee
        AND (refund_sent_no <=> ? OR refund_sent_at <= \(databaseNow) - ?)
      """,
      [.text(refund.number.text)] + key + [
        .text(refund.number.text),
        .integer(dueAfter(seconds: Refunds.spacingSeconds)),
      ])
    guard taken != 1 else { return }
    let isOverlap = try !query(
      """
      SELECT 1 FROM payment WHERE merchant = ? AND out_trade_no = ? AND reserved_fee > total_fee
      """, key
    ).isEmpty
    throw isOverlap ? SlotMissed.overlap : .tooSoon
  }

  fileprivate mutating func record(
    _ news: RefundNews, of refund: Refund, by act: Act
  ) throws {
    if let contradiction = news.contradiction(to: refund) {
      let line = refund.line(
        Alarm.refundMismatch.rawValue, detail: "\(Alarm.refundMismatch.sentence): \(contradiction)")
      if try !holds(line) { try record(line, by: act) }
      return
    }
    let to = try refund.state.after(news.event)
    let wait: RefundWait? = to == .abnormal ? .person : nil
    let isKnown =
      to == refund.state && refund.refundID != nil && !refund.isUnanswered && refund.wait == wait
      && refund.remark == nil
    guard !isKnown else { return }
    try move(
      refund, news.event,
      assigning: [
        "refund_id = ?", "succeeded_at = COALESCE(?, succeeded_at)", "unanswered = 0", "wait = ?",
        "remark = NULL", "refusals = 0", "held_by = NULL", "held_since = NULL",
      ],
      [
        .text(news.refundID.text), Value(news.succeededAt?.microseconds), Value(wait?.rawValue),
      ],
      detail: "\(to.sentence), refund_id \(news.refundID)", by: act)
    // No line tells of it when the state is as before.
    if to == refund.state, refund.wait != nil {
      try endDelay(
        refund.line(news.event.rawValue, detail: ""), note: "WeChat has answered", by: act)
    }
  }
}

extension RefundNews {
  /// What is wrong with the news; `nil` when it may be applied.
  fileprivate func contradiction(to refund: Refund) -> String? {
    if amount != refund.amount { return "\(amount) instead of \(refund.amount)" }
    if let known = refund.refundID, known != refundID {
      return "refund_id \(refundID) instead of \(known)"
    }
    do {
      _ = try refund.state.after(event)
      return nil
    } catch {
      return "\(event.rawValue), while it is \(refund.state.rawValue) here"
    }
  }
}

extension RefundState {
  /// What WeChat's word means, for the order's history.
  fileprivate var sentence: String {
    switch self {
    case .processing: "WeChat has accepted the refund"
    case .succeeded: "WeChat has returned the money"
    case .closed: "WeChat has closed the refund; another try needs another refund"
    case .abnormal: Alarm.refundAbnormal.sentence
    case .applied, .awaitingGoods, .approved, .sending, .rejected, .withdrawn, .refused:
      "unchanged"
    }
  }
}
