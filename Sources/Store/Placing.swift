import MariaDB
package import Payments

/// What became of the calls that place an attempt at WeChat (统一下单), as long as none brought a
/// `prepay_id`.
///
/// `payment.unanswered` counts the sends of which WeChat may have taken one. When it is 0, WeChat has
/// never taken the attempt: nobody can pay it, and the next one may have other parameters. A send of
/// which nothing was heard is only forgotten when WeChat, asked after it must have arrived, does not
/// know the number.
extension PaymentAttempts {
  /// Counts a send before its first byte leaves.
  ///
  /// - Returns: `false` when the attempt has been paid or closed meanwhile: nothing is to be sent.
  package func recordSending(_ attempt: PaymentAttempt, by act: Act) throws -> Bool {
    let arrival = Value.integer(act.lastArrival.microseconds)
    return try database.withConnection(until: act.deadline) { connection in
      try connection.execute(
        """
        UPDATE payment SET unanswered = unanswered + 1, answer_until = GREATEST(answer_until, ?)
        WHERE merchant = ? AND out_trade_no = ? AND state IN ('created', 'unpaid')
        """, [arrival] + attempt.key) == 1
    }
  }

  /// What WeChat said instead of giving a `prepay_id`.
  package struct Failure: Sendable {
    /// Whether it is proven that the send placed nothing.
    package let didNotHappen: Bool
    /// Whether the same parameters are worth another try, as WeChat only wants fewer calls.
    package let isPace: Bool
    /// Whether an answer came, so that this send at least is not under way any more.
    package let isAnswered: Bool
    /// What the buyer is told now, and again for a while; `nil` when asking again may help.
    package let refusal: PlacingRefusal?
    /// For the order's history.
    package let detail: String

    package init(
      didNotHappen: Bool, isPace: Bool, isAnswered: Bool, refusal: PlacingRefusal?, detail: String
    ) {
      self.didNotHappen = didNotHappen
      self.isPace = isPace
      self.isAnswered = isAnswered
      self.refusal = refusal
      self.detail = detail
    }
  }

  /// Records that a send brought no `prepay_id`.
  package func recordFailure(_ failure: Failure, of attempt: PaymentAttempt, by act: Act) throws {
    let isUnplaced = failure.didNotHappen && !failure.isPace
    let now = Value.integer(act.now.microseconds)
    try database.transaction(until: act.deadline) { connection in
      try connection.execute(
        """
        UPDATE payment SET refusal = ?, refused_until = ?,
          answer_until = IF(? AND unanswered <= 1, LEAST(answer_until, ?), answer_until),
          unanswered = GREATEST(unanswered - ?, 0)
        WHERE merchant = ? AND out_trade_no = ? AND state IN ('created', 'unpaid')
        """,
        [
          Value(failure.refusal.map { $0.text.fitting(512) }),
          .integer(failure.refusal?.until.microseconds ?? 0),
          .integer(failure.isAnswered ? 1 : 0), now, .integer(isUnplaced ? 1 : 0),
        ] + attempt.key)
      try connection.note(
        attempt, failure.didNotHappen ? "refused" : "unanswered", failure.detail, by: act)
    }
  }

  /// Records that WeChat does not know an attempt's number, if all that was sent must have arrived
  /// when it was asked.
  package func recordUnknownToWeChat(
    _ attempt: PaymentAttempt, askedAt: BeijingTime, by act: Act
  ) throws {
    try database.withConnection(until: act.deadline) { connection in
      try connection.execute(
        """
        UPDATE payment SET unanswered = 0
        WHERE merchant = ? AND out_trade_no = ? AND state = 'created' AND unanswered > 0
          AND answer_until <= ?
        """, attempt.key + [.integer(askedAt.microseconds)])
    }
  }

  /// Closes an attempt that was placed under another appid or mch_id than the merchant has now, where
  /// WeChat can neither be asked about it nor told to close it, as soon as nobody can pay it.
  ///
  /// - Returns: `false` while a buyer still may.
  package func recordOutOfReach(_ attempt: PaymentAttempt, by act: Act) throws -> Bool {
    let now = Value.integer(act.now.microseconds)
    return try database.transaction(until: act.deadline) { connection in
      for (state, condition) in [
        // Nobody has got what opens the cashier, and no answer can bring it any more.
        (PaymentState.created, "(unanswered = 0 OR answer_until <= ?)"),
        (.unpaid, "prepay_expires_at <= ?"),
      ] {
        let changed = try connection.execute(
          """
          UPDATE payment SET previous_state = state, state = 'closed', closing = 'unplaced'
          WHERE merchant = ? AND out_trade_no = ? AND state = ? AND \(condition)
          """, attempt.key + [.text(state.rawValue), now])
        guard changed == 1 else { continue }
        try connection.record(attempt.line(.unplaced, from: state), by: act)
        // The buyer may have paid, and nobody can ask.
        if state == .unpaid {
          let alarm = Alarm.placedElsewhere
          try connection.note(attempt, alarm.rawValue, alarm.sentence, by: act)
        }
        return true
      }
      return false
    }
  }
}

extension Connection {
  mutating func note(
    _ attempt: PaymentAttempt, _ event: String, _ detail: String, by act: Act
  ) throws(MariaDBError) {
    let line = JournalLine(
      merchant: attempt.merchant, order: attempt.order, outTradeNo: attempt.outTradeNo,
      event: event, detail: detail)
    // A buyer who presses pay again can have the same trouble any number of times.
    if try holds(line) { return }
    try record(line, by: act)
  }
}
