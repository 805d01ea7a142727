import MariaDB
import Payments
import Testing

@testable import Store

@Suite struct AlarmsTests {
  @Test func `a contradiction is one open alarm, however often it is reported`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    for _ in 0..<3 {
      _ = try shop.attempts.recordPaid(shop.proof(attempt, total: 1), by: shop.act("wechat-query"))
    }
    let alarms = try shop.alarms()
    #expect(alarms.map(\.kind) == ["amount_mismatch"])
    #expect(alarms.first?.outTradeNo == attempt.outTradeNo)
    #expect(alarms.first?.detail.contains("transaction 42000019") == true)
    #expect(try shop.record()?.alarms == [.amountMismatch])
  }

  @Test func `a payment of an unknown order is an alarm although there is no order`() throws {
    let shop = try Shop()
    let proof = shop.proof(shop.attempt(shop.order()), outTradeNo: "20261121-8")
    _ = try shop.notifications.record([shop.message(proof)], by: shop.act("wechat-notify"))
    #expect(try shop.alarms().map(\.order.text) == ["20261121-8"])
  }

  @Test func `a resolved alarm leaves the order, keeps its note and is in the history`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.attempts.recordClosed(attempt, .merchant, by: shop.act())
    _ = try shop.attempts.recordPaid(shop.proof(attempt), by: shop.act("wechat-query"))
    let alarm = try #require(try shop.alarms().first)
    let note = try #require(Note("sent the tea"))
    let store = Alarms(shop.database)
    guard
      case .resolved(let resolved) = try store.resolve(
        shop.merchant, alarm.id, note: note, by: shop.act("merchant:anna"))
    else {
      Issue.record("it was not resolved")
      return
    }
    #expect(resolved.resolution?.by == "merchant:anna")
    #expect(resolved.resolution?.note == "sent the tea")
    // The second person changes nothing, and reads what the first has written.
    let again = try store.resolve(
      shop.merchant, alarm.id, note: #require(Note("other")), by: shop.act("merchant:bo"))
    #expect(again == .stood(resolved))
    #expect(try shop.record()?.alarms == [])
    #expect(try shop.alarms() == [])
    #expect(try shop.alarms(isOpen: false) == [resolved])
    #expect(try shop.history().filter { $0.hasPrefix("alarm_resolved") }.count == 1)
    // WeChat repeats itself; the same contradiction stays resolved.
    _ = try shop.attempts.recordPaid(shop.proof(attempt), by: shop.act("wechat-query"))
    #expect(try shop.alarms() == [])
  }

  @Test func `an alarm of another merchant, or none, is not found`() throws {
    let shop = try Shop()
    _ = try shop.attempts.recordPaid(
      shop.proof(try shop.unpaid(), total: 1), by: shop.act("wechat-query"))
    let id = try #require(try shop.alarms().first?.id)
    let note = try #require(Note("seen"))
    let other = try #require(MerchantName("other"))
    let store = Alarms(shop.database)
    #expect(try store.resolve(other, id, note: note, by: shop.act()) == .notFound)
    #expect(try store.resolve(shop.merchant, id + 1, note: note, by: shop.act()) == .notFound)
    #expect(try shop.alarms().count == 1)
  }

  @Test func `an abnormal refund's alarm ends when WeChat reports an end`() throws {
    let shop = try Shop()
    let (refund, _) = try shop.send(try shop.paid())
    _ = try shop.refunds.record(shop.news(.abnormal), of: refund, by: shop.act("wechat-query"))
    #expect(try shop.alarms().map(\.kind) == ["refund_abnormal"])
    #expect(try shop.record()?.alarms == [.refundAbnormal])
    _ = try shop.refunds.record(shop.news(.succeeded), of: refund, by: shop.act("wechat-query"))
    #expect(try shop.record()?.alarms == [])
    #expect(try shop.alarms(isOpen: false).map(\.resolution?.note) == ["the refund is succeeded"])
  }

  @Test func `an overlap ends when what is superfluous is withdrawn, and no sooner`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    try shop.apply(payment, "R1", 400)
    try shop.apply(payment, "R2", 1000)
    let byHand = try #require(OutRefundNo("HAND-1"))
    _ = try shop.refunds.recordElsewhere(
      shop.news(.accepted, amount: 1500), number: byHand, of: payment, by: shop.act("wechat-query"))
    #expect(try shop.record()?.alarms == [.refundOverlap])
    _ = try shop.decide("R1", .withdraw)
    #expect(try shop.record()?.alarms == [.refundOverlap])
    _ = try shop.decide("R2", .approve(amount: Fen(490)), reason: "less")
    #expect(try shop.record()?.alarms == [])
  }

  /// Its signature is as right as before: only the bytes between the elements differ.
  @Test func `the same message in another form is no new message`() throws {
    let shop = try Shop()
    let proof = shop.proof(try shop.unpaid(), total: 1)
    for space in ["", " ", "\n"] {
      let message = Notifications.Message(
        proof: proof, merchant: shop.merchant, body: Array("<xml>\(space)</xml>".utf8),
        content: Array("content".utf8))
      _ = try shop.notifications.record([message], by: shop.act("wechat-notify"))
    }
    #expect(try shop.count("notification") == 1)
    #expect(try shop.query("SELECT body FROM notification")[0].text("body") == "<xml></xml>")
    #expect(try shop.history().filter { $0.hasPrefix("amount_mismatch") }.count == 1)
  }

  @Test func `a duplicate is stored when it is the first message of its payment, and only then`()
    throws
  {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    _ = try shop.attempts.recordPaid(shop.proof(attempt), by: shop.act("wechat-query"))
    for number in 1...5 {
      _ = try shop.notifications.record(
        [shop.message(shop.proof(attempt), "<\(number)/>")], by: shop.act("wechat-notify"))
    }
    #expect(try shop.query("SELECT body FROM notification").map { try $0.text("body") } == ["<1/>"])
  }

  @Test func `pages begin with the newest and miss none`() throws {
    let shop = try Shop()
    for number in 1...5 {
      let proof = shop.proof(shop.attempt(shop.order()), outTradeNo: "20261121-\(number)")
      _ = try shop.notifications.record(
        [shop.message(proof, "<\(number)/>")],
        by: shop.act(at: 1_795_222_991_000_000 + Int64(number / 2)))
    }
    let store = Alarms(shop.database)
    var orders: [String] = []
    var cursor: AlarmCursor?
    repeat {
      let page = try store.list(
        shop.merchant, AlarmFilter(kind: .unknownOrder), after: cursor, limit: 2, until: shop.soon)
      orders += page.alarms.map(\.order.text)
      cursor = page.next
    } while cursor != nil
    #expect(orders == (1...5).reversed().map { "20261121-\($0)" })
  }

  /// What stood in the journal before there was a table is found by the migration, as one and the
  /// same row.
  @Test func `the migration finds what was raised before`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    _ = try shop.attempts.recordPaid(shop.proof(attempt, total: 1), by: shop.act("wechat-query"))
    let (refund, _) = try shop.send(try shop.paid("20261121-9", transaction: "9"))
    _ = try shop.refunds.record(shop.news(.abnormal), of: refund, by: shop.act("wechat-query"))
    let query = "SELECT CONCAT_WS('|', order_no, kind, detail, HEX(digest)) AS line FROM alarm"
    let raised = try shop.query(query).map { try $0.text("line") }
    #expect(raised.count == 2)
    let migration = try #require(Migration.all.first { $0.name == "014-alarm" })
    for statement in migration.statements where statement.contains("INSERT IGNORE") {
      try shop.run(statement)
    }
    #expect(try shop.query(query).map { try $0.text("line") } == raised)
    try shop.run("DELETE FROM alarm")
    for statement in migration.statements where statement.contains("INSERT IGNORE") {
      try shop.run(statement)
    }
    #expect(try shop.query(query).map { try $0.text("line") } == raised)
  }
}

extension Shop {
  fileprivate func alarms(isOpen: Bool? = true) throws -> [AlarmRecord] {
    try Alarms(database).list(merchant, AlarmFilter(isOpen: isOpen), limit: 100, until: soon).alarms
  }
}
