import MariaDB
import Payments
import TestSupport
import Testing

@testable import Store

/// What a test needs to give money back.
extension Shop {
  var refunds: Refunds { Refunds(database) }
  var duties: Duties { Duties(database) }
  var soon: ContinuousClock.Instant { .now + .seconds(120) }

  /// An order whose buyer has paid.
  func paid(
    _ number: String = "20261121-7", total: Int64 = 1990,
    transaction: String = "4200001952202611210000000001"
  ) throws -> PaymentAttempt {
    let unpaid = try unpaid(number, total: total)
    #expect(
      try attempts.recordPaid(proof(unpaid, transaction: transaction), by: act()) == .applied([]))
    return try #require(try record(number)?.attempt)
  }

  func application(
    _ payment: PaymentAttempt, _ number: String = "R1", _ amount: Int64 = 500,
    kind: RefundKind = .unshipped, reason: String = "too small", key: RequestKey? = nil,
    parameters: String? = nil
  ) throws -> RefundApplication {
    RefundApplication(
      payment: payment, number: try #require(OutRefundNo(number)),
      amount: try #require(Fen(amount)), kind: kind, reason: try #require(Reason(reason)), key: key,
      approvedParameters: parameters)
  }

  /// Applies for a refund that is possible and new.
  @discardableResult func apply(
    _ payment: PaymentAttempt, _ number: String = "R1", _ amount: Int64 = 500,
    kind: RefundKind = .unshipped, key: RequestKey? = nil, parameters: String? = nil
  ) throws -> Refund {
    let application = try application(
      payment, number, amount, kind: kind, key: key, parameters: parameters)
    guard case .created(let refund) = try refunds.apply(application, by: act()) else {
      throw TestSupportError("the refund \(number) was not recorded")
    }
    return refund
  }

  /// The refund as it was sent for the first time, and the duty of whoever has sent it.
  func send(
    _ payment: PaymentAttempt, _ number: String = "R1", _ amount: Int64 = 500
  ) throws -> (refund: Refund, duty: Duty) {
    let refund = try apply(payment, number, amount, parameters: "refund_fee=\(amount)")
    let duty = try take(number)
    return (try turn(refund, duty), duty)
  }

  func take(_ number: String) throws -> Duty {
    try #require(try duties.take(.refund, merchant, number, until: soon))
  }

  /// Counts a send that nothing stands in the way of.
  func turn(_ refund: Refund, _ duty: Duty) throws -> Refund {
    guard case .send(let sent) = try refunds.takeTurnToSend(refund, duty, by: act("duty")) else {
      throw TestSupportError("the refund \(refund.number) may not be sent")
    }
    return sent
  }

  /// Lets `seconds` pass since a refund was sent last.
  func passTime(seconds: Int64) throws {
    try run("UPDATE payment SET refund_sent_at = refund_sent_at - \(seconds * 1_000_000)")
  }

  func decide(
    _ number: String, _ verdict: RefundDecision.Verdict, reason: String? = nil,
    order: String? = nil
  ) throws -> RefundReview {
    let decision = RefundDecision(
      verdict, reason: reason.flatMap(Reason.init), order: order.flatMap(OutTradeNo.init))
    return try decide(#require(OutRefundNo(number)), decision, by: act("merchant:anna"))
  }

  /// As the use case does it: whoever was slower looks again.
  func decide(
    _ number: OutRefundNo, _ decision: RefundDecision, by act: Act
  ) throws -> RefundReview {
    while true {
      guard let refund = try refunds.find(merchant, number, until: soon) else { return .notFound }
      let parameters = try decision.amountToSend(of: refund).map { "refund_fee=\($0.amount)" }
      do {
        return try refunds.decide(refund, decision, parameters: parameters, by: act)
      } catch is RefundChanged {
        continue
      }
    }
  }

  func news(
    _ event: RefundEvent, amount: Int64 = 500, refundID: String = "50000001", at: BeijingTime? = nil
  ) throws -> RefundNews {
    RefundNews(
      event, refundID: try #require(RefundID(refundID)), amount: try #require(Fen(amount)),
      succeededAt: at)
  }

  func refund(_ number: String = "R1") throws -> Refund {
    let number = try #require(OutRefundNo(number))
    return try #require(try refunds.find(merchant, number, until: soon))
  }

  /// The events of a refund's history, as `event:from>to`.
  func history(ofRefund number: String) throws -> [String] {
    try journal.timeline(merchant: merchant, order: OutTradeNo("20261121-7")!, until: soon)
      .filter { $0.outRefundNo == number }
      .map { "\($0.event):\($0.from ?? "")>\($0.to ?? "")" }
  }

  /// What the payments hold for refunds.
  func held() throws -> Held {
    let row = try query(
      """
      SELECT CAST(SUM(reserved_fee) AS INT) AS fee, CAST(SUM(refund_count) AS INT) AS refunds
      FROM payment
      """)[0]
    return Held(try row.integer("fee"), of: try row.integer("refunds"))
  }

  struct Held: Equatable {
    let fee: Int64
    let refunds: Int64

    init(_ fee: Int64, of refunds: Int64) {
      self.fee = fee
      self.refunds = refunds
    }
  }

  /// The payments whose reservation is not the sum of their refunds: always none.
  func unbalanced() throws -> Int {
    try query(
      """
      SELECT p.out_trade_no FROM payment p LEFT JOIN refund r USING (merchant, out_trade_no)
      GROUP BY p.merchant, p.out_trade_no
      HAVING MAX(p.reserved_fee) <>
          SUM(IF(r.state NOT IN ('rejected', 'withdrawn', 'refused', 'closed'), r.refund_fee, 0))
        OR MAX(p.refund_count) <>
          SUM(IF(r.state IN ('approved', 'sending', 'processing', 'succeeded', 'closed', 'abnormal'),
            1, 0))
        OR MAX(p.reserved_fee) > MAX(p.total_fee)
      """
    ).count
  }

  /// Everything recorded about refunds: equal before and after what is to change nothing.
  func everything() throws -> [String] {
    let rows = try query(
      """
      SELECT CONCAT_WS('|', out_refund_no, state, refund_fee, sends, unanswered, version, wait,
        remark, parameters, refund_id, review_reason, request_key) AS line FROM refund
      UNION ALL
      SELECT CONCAT_WS('|', out_trade_no, reserved_fee, refund_count, refund_sent_no,
        refund_sent_at) FROM payment
      UNION ALL SELECT CONCAT_WS('|', id, event, detail) FROM journal
      UNION ALL SELECT CONCAT_WS('|', id, due_at, attempt, lease, lease_until, done_at) FROM duty
      """)
    return try rows.map { try $0.text("line") }.sorted()
  }

  func run(_ sql: String) throws {
    try database.withConnection(until: soon) { try $0.run(sql) }
  }

  func query(_ sql: String) throws -> [Row] {
    try database.withConnection(until: soon) { try $0.query(sql) }
  }
}

extension Shop {
  /// Plans a duty, as whoever changes its subject does.
  func plan(_ subject: String, _ kind: DutyKind = .refund) throws {
    try database.transaction(until: soon) { connection in
      try connection.plan(kind, merchant, subject, afterSeconds: 0)
    }
  }

  /// A duty about a refund, planned and taken.
  func duty(of number: String) throws -> Duty {
    try plan(number)
    return try take(number)
  }

  /// Brings every duty nearer by `seconds`.
  func passTimeOfDuties(seconds: Int64) throws {
    try run("UPDATE duty SET due_at = due_at - \(seconds * 1_000_000)")
  }

  /// Lets so much time pass that every lease is over.
  func endLeases() throws {
    let minute = 60_000_000
    try run(
      """
      UPDATE duty SET lease_until = lease_until - \(minute), due_at = due_at - \(minute)
      WHERE lease_until > 0
      """)
  }
}
