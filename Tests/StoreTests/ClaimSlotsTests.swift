import MariaDB
import Payments
import TestSupport
import Testing

@testable import Store

/// Orders that name no payer, of which one buyer has many open.
@Suite struct ClaimSlotsTests {
  private static let most = PaymentAttempts.mostClaims

  @Test func `one claim more than is allowed is refused, orders that name the buyer are not`()
    throws
  {
    let shop = try Shop()
    for number in 1...5 { #expect(try shop.open("NAMED-\(number)", isClaim: false) == .opened) }
    for number in 1...Self.most { #expect(try shop.open("ORDER-\(number)") == .opened) }
    #expect(try shop.open("ORDER-21") == .tooManyClaims)
    #expect(try shop.find("ORDER-21") == nil)
    #expect(try shop.open("NAMED-21", isClaim: false) == .opened)
    // What is open already is not refused, but shown again.
    #expect(try shop.open("ORDER-7") == .existed)
  }

  @Test func `what one buyer has claimed keeps no other buyer and no other merchant out`() throws {
    let shop = try Shop()
    for number in 1...Self.most { _ = try shop.open("ORDER-\(number)") }
    let other = OpenID("oAnotherBuyer_000000000000001")!
    #expect(try shop.open("ORDER-21", payer: other) == .opened)
    #expect(try shop.open("ORDER-7", payer: other) == .existed)
    #expect(try shop.open("ORDER-22", merchant: "second") == .opened)
    #expect(try shop.open("ORDER-22") == .tooManyClaims)
  }

  @Test(arguments: ["paid", "closed", "expired", "never placed", "out of reach"])
  func `a claim that has ended makes room for another`(end: String) throws {
    let shop = try Shop()
    for number in 1...Self.most { _ = try shop.open("ORDER-\(number)") }
    let first = try #require(try shop.find("ORDER-7"))
    let (attempts, act) = (shop.attempts, shop.act())
    switch end {
    case "paid": _ = try attempts.recordPaid(shop.proof(first), by: act)
    case "closed": try attempts.recordClosed(first, .merchant, by: act)
    case "expired": try attempts.recordClosed(first, .expired, by: act)
    case "never placed":
      #expect(try attempts.recordNeverPlaced(first, .replaced, by: act))
    default:
      try shop.run("UPDATE payment SET unanswered = 0")
      #expect(try attempts.recordOutOfReach(first, by: act))
    }
    #expect(try shop.open("ORDER-21") == .opened)
    #expect(try shop.open("ORDER-22") == .tooManyClaims)
  }

  @Test func `an order that has come to name the buyer does not count any more`() throws {
    let shop = try Shop()
    for number in 1...Self.most { _ = try shop.open("ORDER-\(number)") }
    for (number, payer) in [(7, shop.buyer.text), (8, "oAnotherBuyer_000000000000001"), (9, "")] {
      try shop.run(
        """
        INSERT INTO shop_order (merchant, order_no, openid, total_fee, body, created_at)
        VALUES ('main', 'ORDER-\(number)', '\(payer)', 1990, 'tea', 1)
        """)
    }
    #expect(try shop.open("ORDER-21") == .opened)
    #expect(try shop.open("ORDER-22") == .tooManyClaims)
    #expect(try shop.openClaims() == ["created": 20])
  }

  @Test func `an attempt of which WeChat has never answered counts as well`() throws {
    let shop = try Shop()
    for number in 1...Self.most { _ = try shop.open("ORDER-\(number)") }
    #expect(try shop.openClaims() == ["created": 20])
    let first = try #require(try shop.find("ORDER-7"))
    try shop.attempts.recordAccepted(
      first, prepayID: PrepayID("wx1")!, expiresAt: BeijingTime(microseconds: 1), by: shop.act())
    #expect(try shop.openClaims() == ["created": 19, "unpaid": 1])
    #expect(try shop.open("ORDER-21") == .tooManyClaims)
  }

  @Test func `of thirty orders claimed at once, twenty are`() throws {
    let shop = try Shop(connections: 30)
    let openings = try concurrently(30) { try shop.open("ORDER-\($0)") }
    #expect(openings.filter { $0 == .opened }.count == Self.most)
    #expect(openings.filter { $0 == .tooManyClaims }.count == 10)
    #expect(try shop.openClaims() == ["created": 20])
    #expect(try shop.count("journal") == 20)
  }

  @Test func `with one slot left, one order pressed many times at once is opened once`() throws {
    let shop = try Shop(connections: 10)
    for number in 1..<Self.most { _ = try shop.open("ORDER-\(number)") }
    let openings = try concurrently(10) { _ in try shop.open("ORDER-20") }
    #expect(openings.filter { $0 == .opened }.count == 1)
    #expect(openings.filter { $0 == .existed }.count == 9)
  }

  @Test func `claims opened while others end never exceed the limit, and none fails`() throws {
    let shop = try Shop(connections: 16)
    let rounds = 6
    _ = try concurrently(16) { thread in
      for round in 0..<rounds {
        let number = "ORDER-\(thread)-\(round)0"
        switch try shop.open(number) {
        case .opened:
          #expect(try shop.openClaims().values.reduce(0, +) <= 20)
          let attempt = try #require(try shop.find(number))
          if round % 3 != 0 { try shop.attempts.recordClosed(attempt, .expired, by: shop.act()) }
        case .tooManyClaims: break
        case .existed, .taken: Issue.record("\(number) is a number of its own")
        }
      }
    }
  }

  @Test func `a last claim whose COMMIT was not answered stands`() throws {
    let path = try LossyPath(to: PrivateMariaDB.shared.socket)
    let shop = try Shop(socket: path.socket)
    for number in 1..<Self.most { _ = try shop.open("ORDER-\(number)") }
    path.loseNextCommit()
    #expect(try shop.open("ORDER-20") == .existed)
    #expect(try shop.openClaims() == ["created": 20])
  }

  @Test func `a number that is another order's takes no slot`() throws {
    let shop = try Shop()
    let long = shop.order("20261121-7-2")
    _ = try shop.orders.create(long, by: shop.act())
    let second = shop.attempt(shop.order("20261121-7"), number: 2)
    #expect(try shop.attempts.open(second, isClaim: true, by: shop.act()) == .taken)
    #expect(try shop.openClaims() == [:])
  }

  @Test func `the slots in use are found by their key`() throws {
    let shop = try Shop()
    for number in 1...Self.most { _ = try shop.open("ORDER-\(number)") }
    try shop.run(
      """
      INSERT INTO payment (merchant, out_trade_no, order_no, attempt, state, openid, total_fee,
        parameters, created_at)
      SELECT 'main', CONCAT('OLD-', seq), CONCAT('OLD-', seq), 1, 'closed', '\(shop.buyer)', 1, '', seq
      FROM seq_1_to_5000
      """)
    try shop.run("ANALYZE TABLE payment")
    let plan = try shop.database.withConnection(until: shop.soon) { connection in
      try connection.query(
        "EXPLAIN " + claimSlotsInUse, [.text(shop.merchant.text), .text(shop.buyer.text)])
    }
    #expect(try plan.map { try $0.text("key") } == ["one_attempt_per_claim_slot"])
    #expect(try plan[0].text("type") == "range")
  }

  @Test func `rows written by the program before, which knows no slots, are no claims`() throws {
    let shop = try Shop()
    for number in 1...30 {
      try shop.run(
        """
        INSERT INTO payment (merchant, out_trade_no, order_no, attempt, state, openid, total_fee,
          parameters, created_at)
        VALUES ('main', 'OLD-\(number)', 'OLD-\(number)', 1, 'created', '\(shop.buyer)', 1, '', 1)
        """)
    }
    #expect(try shop.open("ORDER-1") == .opened)
  }
}

extension Shop {
  fileprivate func open(
    _ number: String, isClaim: Bool = true, payer: OpenID? = nil, merchant: String = "main"
  ) throws -> PaymentAttempts.Opening {
    let attempt = PaymentAttempt(
      merchant: MerchantName(merchant)!, order: OutTradeNo(number)!,
      outTradeNo: OutTradeNo(number)!, number: 1, state: .created, openID: payer ?? buyer,
      total: Fen(1990)!, parameters: "total_fee=1990", prepayID: nil, prepayExpiresAt: nil,
      transactionID: nil, paidAt: nil, closing: nil)
    return try attempts.open(attempt, isClaim: isClaim, by: act())
  }

  fileprivate func find(_ number: String) throws -> PaymentAttempt? {
    try attempts.find(merchant, OutTradeNo(number)!, until: soon)
  }

  /// How many claims of the buyer are open, by their state.
  fileprivate func openClaims() throws -> [String: Int64] {
    let rows = try query(
      """
      SELECT state, COUNT(*) AS number FROM payment
      WHERE claim_slot IS NOT NULL AND state IN ('created', 'unpaid') GROUP BY state
      """)
    return try Dictionary(
      uniqueKeysWithValues: rows.map { (try $0.text("state"), try $0.integer("number")) })
  }
}
