import MariaDB
import Payments
import Store
import Synchronization
import TestSupport
import Testing

@Suite struct RecordPaidTests {
  @Test func `a notification pays its order and leaves its evidence`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    let outcomes = try shop.notifications.record(
      [shop.message(shop.proof(attempt))], by: shop.act("wechat-notify"))
    #expect(outcomes == [.applied([])])
    let record = try #require(try shop.record())
    #expect(record.state == .paid)
    #expect(record.attempt?.transactionID?.text == "4200001952202611210000000001")
    #expect(record.attempt?.paidAt?.compact == "20261121090311")
    #expect(record.alarms == [])
    #expect(
      try shop.history() == [
        "created:>created", "opened:>created", "accepted:created>unpaid", "paid:unpaid>paid",
      ])
  }

  @Test func `a repeated notification changes nothing`() throws {
    let shop = try Shop()
    let message = shop.message(shop.proof(try shop.unpaid()))
    _ = try shop.notifications.record([message], by: shop.act("wechat-notify"))
    let history = try shop.history()
    for _ in 0..<3 {
      #expect(
        try shop.notifications.record([message], by: shop.act("wechat-notify")) == [.duplicate])
    }
    #expect(try shop.history() == history)
    #expect(try shop.count("notification") == 1)
  }

  @Test func `fifty copies at once pay once`() throws {
    let shop = try Shop()
    let message = shop.message(shop.proof(try shop.unpaid()))
    let outcomes = try concurrently(50) { _ in
      try shop.notifications.record([message], by: shop.act("wechat-notify"))
    }
    #expect(outcomes.filter { $0 == [.applied([])] }.count == 1)
    #expect(outcomes.filter { $0 == [.duplicate] }.count == 49)
    #expect(try shop.history().filter { $0.hasPrefix("paid") } == ["paid:unpaid>paid"])
  }

  @Test func `messages that share a commit are each answered by their own outcome`() throws {
    let shop = try Shop()
    let first = try shop.unpaid("20261121-1")
    let second = try shop.unpaid("20261121-2")
    let outcomes = try shop.notifications.record(
      [
        shop.message(shop.proof(first, transaction: "1"), "<1/>"),
        shop.message(shop.proof(second, transaction: "2", total: 1), "<2/>"),
        shop.message(shop.proof(first, transaction: "1"), "<1/>"),
      ], by: shop.act("wechat-notify"))
    #expect(outcomes == [.applied([]), .quarantined(.amountMismatch), .duplicate])
  }

  @Test(arguments: [
    Alarm.amountMismatch, .currencyMismatch, .payerMismatch, .unknownOrder, .foreignMerchant,
  ])
  func `a proof that contradicts our records pays nothing and is kept`(alarm: Alarm) throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    let proof =
      switch alarm {
      case .amountMismatch: shop.proof(attempt, total: 1)
      case .currencyMismatch: shop.proof(attempt, currency: "USD")
      case .payerMismatch: shop.proof(attempt, openID: OpenID("oStranger"))
      case .unknownOrder: shop.proof(attempt, outTradeNo: "20261121-8")
      default: shop.proof(attempt, appID: AppID("wxstranger"))
      }
    for _ in 0..<2 {
      #expect(
        try shop.notifications.record([shop.message(proof)], by: shop.act("wechat-notify"))
          == [.quarantined(alarm)])
    }
    #expect(try shop.record()?.state == .unpaid)
    #expect(try shop.count("notification") == 1)
    let number = alarm == .unknownOrder ? "20261121-8" : "20261121-7"
    #expect(try shop.history(number).filter { $0 == "\(alarm.rawValue):>" }.count == 1)
  }

  @Test func `a payment after closing is kept and raises the alarm`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.attempts.recordClosed(attempt, .merchant, by: shop.act())
    let outcome = try shop.attempts.recordPaid(shop.proof(attempt), by: shop.act("wechat-query"))
    #expect(outcome == .applied([.latePayment]))
    #expect(try shop.record()?.state == .paid)
    #expect(try shop.record()?.alarms == [.latePayment])
  }

  @Test func `a second paid attempt of one order raises the alarm`() throws {
    let shop = try Shop()
    let first = try shop.unpaid()
    try shop.attempts.recordClosed(first, .replaced, by: shop.act())
    let second = shop.attempt(shop.order(), number: 2)
    _ = try shop.attempts.open(second, by: shop.act())
    #expect(try shop.attempts.recordPaid(shop.proof(second), by: shop.act()) == .applied([]))
    #expect(
      try shop.attempts.recordPaid(shop.proof(first, transaction: "2"), by: shop.act())
        == .applied([.latePayment, .secondPayment]))
  }

  /// Both would go back otherwise, and the goods with neither.
  @Test(arguments: [true, false])
  func `of two paid attempts only the one that was closed came late`(isLateFirst: Bool) throws {
    let shop = try Shop()
    let late = try shop.unpaid()
    try shop.attempts.recordClosed(late, .replaced, by: shop.act())
    let regular = shop.attempt(shop.order(), number: 2)
    _ = try shop.attempts.open(regular, by: shop.act())
    let lateProof = shop.proof(late, transaction: "1")
    let regularProof = shop.proof(regular, transaction: "2")
    for proof in isLateFirst ? [lateProof, regularProof] : [regularProof, lateProof] {
      _ = try shop.attempts.recordPaid(proof, by: shop.act())
    }
    #expect(try shop.record()?.alarms.contains(.secondPayment) == true)
    let planned = try shop.query("SELECT subject FROM duty WHERE kind = 'late_payment'")
    #expect(try planned.map { try $0.text("subject") } == [late.outTradeNo.text])
  }

  /// Neither transaction sees what the other has not committed: what numbers the order's events also
  /// says which of the two came second.
  @Test func `of two attempts paid in the same moment exactly one is the second payment`() throws {
    let shop = try Shop()
    for round in 0..<60 {
      let number = "20261121-\(round)-r"
      let first = try shop.unpaid(number)
      try shop.attempts.recordClosed(first, .replaced, by: shop.act())
      let second = shop.attempt(shop.order(number), number: 2)
      _ = try shop.attempts.open(second, by: shop.act())
      let outcomes = try concurrently(2) { index -> PaidOutcome? in
        let proof = shop.proof([first, second][index], transaction: "\(round)T\(index)")
        guard index == 0 else { return try shop.attempts.recordPaid(proof, by: shop.act()) }
        return try shop.notifications.record(
          [shop.message(proof, "<xml>\(round)</xml>")], by: shop.act("wechat-notify"))[0]
      }
      let alarms = outcomes.map { outcome in
        if case .applied(let alarms) = outcome { alarms } else { [Alarm]() }
      }
      #expect(alarms.filter { $0.contains(.secondPayment) }.count == 1)
      let told = try shop.query(
        "SELECT alarms FROM event WHERE order_no = '\(number)' AND event = 'paid' ORDER BY seq")
      #expect(
        try told.map { try $0.text("alarms").contains("second_payment") } == [false, true])
      #expect(try shop.history(number).filter { $0 == "second_payment:>" }.count == 1)
    }
  }

  @Test func `a contradiction that WeChat repeats when asked is told once`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    for _ in 0..<3 {
      #expect(
        try shop.attempts.recordPaid(shop.proof(attempt, total: 1), by: shop.act())
          == .quarantined(.amountMismatch))
    }
    _ = try shop.attempts.recordPaid(shop.proof(attempt, currency: "USD"), by: shop.act())
    #expect(
      try shop.history().suffix(2) == ["amount_mismatch:>", "currency_mismatch:>"])
  }

  @Test func `what an order cost before its amount was changed raises the alarm when paid`() throws
  {
    let shop = try Shop()
    let attempt = try shop.unpaid(total: 990)
    try shop.database.withConnection(until: .now + .seconds(20)) { connection in
      _ = try connection.execute("UPDATE shop_order SET total_fee = 99900")
    }
    #expect(try shop.record()?.alarms == [])
    // WeChat holds the money: the order is paid, but a person must look.
    _ = try shop.notifications.record(
      [shop.message(shop.proof(attempt))], by: shop.act("wechat-notify"))
    #expect(try shop.record()?.state == .paid)
    #expect(try shop.record()?.alarms == [.amountChanged])
  }

  @Test func `a second transaction for a paid order is kept for a person`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    _ = try shop.attempts.recordPaid(shop.proof(attempt), by: shop.act())
    #expect(
      try shop.attempts.recordPaid(shop.proof(attempt, transaction: "2"), by: shop.act())
        == .quarantined(.transactionMismatch))
    #expect(try shop.record()?.attempt?.transactionID?.text == "4200001952202611210000000001")
  }

  @Test func `one transaction cannot pay two orders`() throws {
    let shop = try Shop()
    let (first, second) = (try shop.unpaid("20261121-1"), try shop.unpaid("20261121-2"))
    _ = try shop.attempts.recordPaid(shop.proof(first), by: shop.act())
    #expect(
      try shop.attempts.recordPaid(shop.proof(second), by: shop.act())
        == .quarantined(.transactionReused))
    #expect(try shop.record("20261121-2")?.state == .unpaid)
  }

  @Test func `a record that is mended in the same moment is never taken for a paid one`() throws {
    let shop = try Shop()
    let attempts = try (0..<150).map { try shop.unpaid("20261121-\($0)") }
    let isOver = Atomic(false)
    let outcomes = Mutex<[PaidOutcome]>([])
    _ = try concurrently(2) { index in
      if index == 0 {
        defer { isOver.store(true, ordering: .relaxed) }
        for (number, attempt) in attempts.enumerated() {
          // An error is told to WeChat as FAIL: it comes again.
          guard
            let outcome = try? shop.attempts.recordPaid(
              shop.proof(attempt, transaction: "T\(number)"), by: shop.act())
          else { continue }
          outcomes.withLock { $0.append(outcome) }
        }
      } else {
        while !isOver.load(ordering: .relaxed) {
          for total in [1, 1990] {
            try shop.database.withConnection(until: .now + .seconds(20)) { connection in
              try connection.run("UPDATE payment SET total_fee = \(total) WHERE state = 'unpaid'")
            }
          }
        }
      }
    }
    // Nothing was paid before: another transaction cannot have paid it.
    #expect(!outcomes.withLock { $0 }.contains(.quarantined(.transactionMismatch)))
  }
}
