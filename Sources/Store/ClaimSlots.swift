import MariaDB
import Payments

/// How many orders without a named payer one buyer can claim.
///
/// Such an order belongs to the first who asks to pay it, and a stranger who counts numbers up would
/// be the first everywhere. Each open attempt on one has a slot of its payer's. The unique key
/// `one_attempt_per_claim_slot` decides who gets it, so that no count has to be right at the moment
/// of the COMMIT; MariaDB itself frees it when the attempt is paid or closed (`open_claim_slot`).
extension Connection {
  /// Records an attempt on an order that names no payer, if its number and one of its payer's slots
  /// are free.
  ///
  /// - Returns: `nil` when it is to be tried again, in a transaction of its own: slots were freed, or
  ///   another attempt of the payer has taken the slot in the same moment. This one then holds locks
  ///   in the unique key, and two that hold some and want more would wait for each other.
  mutating func openClaim(
    _ attempt: PaymentAttempt, of payer: OpenID, by act: Act
  ) throws -> PaymentAttempts.Opening? {
    if attempt.number > 1, try isTaken(attempt) { return .taken }
    // By chance: several presses at once would all want the first one.
    if let slot = try freeClaimSlots(attempt.merchant, payer).randomElement() {
      return try insert(attempt, claimSlot: slot, by: act) ? .opened : obstacle(to: attempt)
    }
    if let obstacle = try obstacle(to: attempt) { return obstacle }
    return try freeNamed(attempt.merchant, payer) ? nil : .tooManyClaims
  }

  /// Frees the slots of attempts whose order has come to name their payer.
  ///
  /// Read first: an UPDATE that joins `shop_order` would lock rows of the shop's own table.
  /// - Returns: whether there were any.
  private mutating func freeNamed(
    _ merchant: MerchantName, _ payer: OpenID
  ) throws(MariaDBError) -> Bool {
    let named = try query(
      """
      SELECT p.out_trade_no FROM payment p
      JOIN shop_order o ON o.merchant = p.merchant AND o.order_no = p.order_no
      WHERE p.merchant = ? AND p.openid = ? AND p.open_claim_slot IS NOT NULL AND o.openid = ?
      ORDER BY p.out_trade_no
      """, [.text(merchant.text), .text(payer.text), .text(payer.text)])
    for row in named {
      try execute(
        "UPDATE payment SET claim_slot = NULL WHERE merchant = ? AND out_trade_no = ?",
        [.text(merchant.text), .text(try row.text("out_trade_no"))])
    }
    return !named.isEmpty
  }

  private mutating func freeClaimSlots(
    _ merchant: MerchantName, _ payer: OpenID
  ) throws(MariaDBError) -> Set<Int64> {
    var free = Set(1...Int64(PaymentAttempts.mostClaims))
    for row in try query(claimSlotsInUse, [.text(merchant.text), .text(payer.text)]) {
      free.remove(try row.integer("open_claim_slot"))
    }
    return free
  }

  /// Why an attempt's number cannot be had; `nil` when it was the slot that was not free.
  private mutating func obstacle(
    to attempt: PaymentAttempt
  ) throws -> PaymentAttempts.Opening? {
    if try isTaken(attempt) { return .taken }
    let standing = try query(
      "SELECT 1 FROM payment WHERE merchant = ? AND order_no = ? AND attempt = ?",
      [
        .text(attempt.merchant.text), .text(attempt.order.text), .integer(Int64(attempt.number)),
      ])
    return standing.isEmpty ? nil : .existed
  }
}

/// The slots of a payer's open attempts, in SQL.
let claimSlotsInUse = """
  SELECT open_claim_slot FROM payment
  WHERE merchant = ? AND openid = ? AND open_claim_slot IS NOT NULL
  """
