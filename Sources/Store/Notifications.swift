import Linux
package import MariaDB
import OpenSSL
package import Payments

/// The verified notifications of WeChat (微信通知), kept byte for byte as evidence.
package struct Notifications: Sendable {
  let database: Database

  package init(_ database: Database) { self.database = database }

  /// A notification whose signature was right.
  package struct Message: Sendable {
    /// `nil` when it reports no payment: a `result_code` of FAIL.
    package let proof: VerifiedProof?
    /// Whose key verified it.
    package let merchant: MerchantName
    /// Byte for byte as WeChat sent it.
    package let body: [UInt8]
    /// What it says: two messages with the same content are one, whatever stands between elements.
    package let content: [UInt8]

    /// - Parameter content: the body, if it is not named.
    package init(
      proof: VerifiedProof?, merchant: MerchantName, body: [UInt8], content: [UInt8]? = nil
    ) {
      self.proof = proof
      self.merchant = merchant
      self.body = body
      self.content = content ?? body
    }
  }

  /// Stores messages and applies what they prove, all in one transaction.
  ///
  /// A list, so that notifications that wait at the same moment can share one commit.
  /// - Returns: the outcome of each; `nil` for one that reports no payment.
  /// - Throws: when nothing is known to be committed: WeChat must be told FAIL.
  package func record(_ messages: [Message], by act: Act) throws -> [PaidOutcome?] {
    try database.settling(until: act.deadline) { connection in
      let outcomes: [PaidOutcome?] = try messages.map { message in
        let settlement = try message.proof.map { try connection.settle($0, by: act) }
        if settlement?.outcome == .duplicate, try connection.hasEvidence(of: message) {
          return settlement?.outcome
        }
        let stored = try connection.store(
          StoredMessage(message, settlement?.outcome), by: act)
        if let settlement { try connection.record(settlement, message: stored.id, by: act) }
        return settlement?.outcome
      }
      crashPoint("N2")
      return outcomes
    }
  }
}

extension PaymentAttempts {
  /// Applies what the verified answer to an orderquery proves.
  ///
  /// - Parameter isRefunded: whether WeChat says that some of it was given back (转入退款). Then its
  ///   refunds are asked for, and the shop hears of the payment after that, or in a minute.
  package func recordPaid(
    _ proof: VerifiedProof, isRefunded: Bool = false, by act: Act
  ) throws -> PaidOutcome {
    var proof = proof
    proof.isRefunded = isRefunded
    return try database.settling(until: act.deadline) { [proof] connection in
      let settlement = try connection.settle(proof, by: act)
      try connection.record(settlement, message: nil, by: act)
      if isRefunded { try connection.findRefunds(of: proof, settlement) }
      return settlement.outcome
    }
  }
}

/// For so long the shop is not told of a payment whose refunds are still asked for: what is found
/// by then had been given back before.
let refundSearchSeconds: Int64 = 60

extension Connection {
  fileprivate mutating func findRefunds(
    of verified: VerifiedProof, _ settlement: Settlement
  ) throws {
    switch settlement.outcome {
    case .quarantined: return
    case .duplicate, .applied:
      try plan(
        .platformRefunds, verified.merchant, verified.proof.outTradeNo.text, afterSeconds: 0)
    }
    guard settlement.outcome.isApplied, let order = settlement.lines.first?.order else { return }
    // A refund that is found makes it due at once.
    try postponeDelivery(verified.merchant, order, seconds: refundSearchSeconds)
  }
}

extension Database {
  /// A transaction that settles payments: it runs again when what a proof was compared with was
  /// changed in the same moment. The deadline ends it.
  fileprivate func settling<Result>(
    until deadline: ContinuousClock.Instant, _ body: (inout Connection) throws -> Result
  ) throws -> Result {
    while true {
      do {
        return try transaction(until: deadline, body)
      } catch is AttemptChanged {}
    }
  }
}

/// A row of `notification`.
struct StoredMessage {
  let merchant: MerchantName
  let outTradeNo: OutTradeNo?
  let transactionID: TransactionID?
  /// Of the message of a refund: its number, `?` for one that no refund of ours can have.
  var refundNumber: String?
  let outcome: String
  let reason: String?
  let body: [UInt8]
  /// What its digest is made of.
  let content: [UInt8]
}

extension StoredMessage {
  init(_ message: Notifications.Message, _ outcome: PaidOutcome?) {
    let (word, reason): (String, String?) =
      switch outcome {
      case .applied: ("applied", nil)
      case .duplicate: ("duplicate", nil)
      case .quarantined(let alarm): ("quarantined", alarm.rawValue)
      case nil: ("ignored", nil)
      }
    self.init(
      merchant: message.merchant, outTradeNo: message.proof?.proof.outTradeNo,
      transactionID: message.proof?.proof.transactionID, outcome: word, reason: reason,
      body: message.body, content: message.content)
  }
}

extension Connection {
  /// Whether WeChat's message about this payment is stored: another one that says the same proves
  /// nothing more.
  fileprivate mutating func hasEvidence(
    of message: Notifications.Message
  ) throws(MariaDBError) -> Bool {
    guard let proof = message.proof?.proof else { return false }
    return try !query(
      """
      SELECT 1 FROM notification WHERE merchant = ? AND out_trade_no = ? AND transaction_id = ?
        AND out_refund_no IS NULL AND outcome IN ('applied', 'duplicate') LIMIT 1
      """,
      [
        .text(message.merchant.text), .text(proof.outTradeNo.text),
        .text(proof.transactionID.text),
      ]
    ).isEmpty
  }

  mutating func store(
    _ message: StoredMessage, by act: Act
  ) throws -> (id: Int64, isNew: Bool) {
    let digest = Value.bytes(sha256(message.content))
    let inserted = try executeUnlessTaken(
      """
      INSERT INTO notification (merchant, digest, out_trade_no, transaction_id, out_refund_no,
        outcome, reason, body, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(message.merchant.text), digest, Value(message.outTradeNo?.text),
        Value(message.transactionID?.text), Value(message.refundNumber),
        .text(message.outcome), Value(message.reason),
        .bytes(message.body), .integer(act.now.microseconds),
      ])
    guard inserted == nil else { return (lastInsertID, true) }
    let stored = try query(
      "SELECT id, outcome FROM notification WHERE merchant = ? AND digest = ?",
      [.text(message.merchant.text), digest])
    guard let stored = stored.first else {
      throw UnusableRow(table: "notification", column: "digest", order: nil)
    }
    let id = try stored.integer("id")
    // The same message came before: it may apply only now, when our record was mended. Written only
    // then: copies that come at once all hold the row to read, and would wait for each other.
    if try message.outcome == "applied" && stored.text("outcome") != "applied" {
      try execute(
        "UPDATE notification SET outcome = ? WHERE id = ?",
        [.text(message.outcome), .integer(id)])
    }
    return (id, false)
  }
}

extension PaidOutcome {
  var isApplied: Bool {
    switch self {
    case .applied: true
    case .duplicate, .quarantined: false
    }
  }
}
