import Foundation
import Server
import Synchronization
import TestSupport
import Testing

/// The shop hears of everything that happens, signed and in order, whatever happens on the way.
@Suite struct WebhookTests {
  @Test func `a purchase and its refund are told step by step, signed`() throws {
    let receiver = try Receiver { _, _ in .reply(204) }
    let site = try Site.telling(receiver)
    let (number, buyer) = try site.paidOrder()
    let refund = try #require(
      try site.applyForRefund(of: number, buyer, fee: 500).json["out_refund_no"]?.string)
    _ = try site.decide("approve", refund)
    try site.waitUntil(refund, is: "succeeded")
    try eventually("everything is told") { try site.isTold() }
    #expect(
      try receiver.told()[number]?.map { "\($0.sequence) \($0.type)" } == [
        "1 paid", "2 refund_applied", "3 refund_approved", "4 refund_succeeded",
      ])
    for message in receiver.received {
      #expect(message.path == "/events")
      #expect(message.headers["content-type"] == "application/json")
      #expect(try message.isSigned(with: Site.webhookKey))
      #expect(try !message.isSigned(with: Site.previousKey))
    }
    let paid = try JSON(parsing: receiver.received[0].body)
    let order = try site.merchantOrder(number)
    #expect(paid["data"]?["transaction_id"] == order["transaction_id"])
    #expect(paid["data"]?["paid_at"] == order["paid_at"])
    #expect(paid["data"]?["total_fee"]?.integer == 1990)
    #expect(paid["data"]?["refund"] == .null)
    let last = try JSON(parsing: receiver.received[3].body)
    #expect(last["data"]?["refunded_fee"]?.integer == 500)
    #expect(last["data"]?["refund"]?["out_refund_no"]?.string == refund)
  }

  @Test func `while the keys change both sign, and afterwards the new one alone`() throws {
    let receiver = try Receiver { _, _ in .reply(200) }
    let site = try Site.telling(
      receiver, key: "key_file: webhook.key, previous_key_file: previous.key")
    _ = try site.paidOrder()
    try eventually("it is told") { !receiver.received.isEmpty }
    let message = try #require(receiver.received.first)
    #expect(try message.isSigned(with: Site.webhookKey))
    #expect(try message.isSigned(with: Site.previousKey))

    let text = try String(contentsOfFile: site.configuration, encoding: .utf8)
    try site.folder.write(
      text.replacing(", previous_key_file: previous.key", with: ""), to: "weixinpay.yaml")
    try site.restartGateway()
    _ = try site.paidOrder()
    try eventually("it is told") { receiver.received.count == 2 }
    #expect(try receiver.received[1].isSigned(with: Site.webhookKey))
    #expect(try !receiver.received[1].isSigned(with: Site.previousKey))
  }

  static let troubles: [(String, [Receiver.Answer])] = [
    ("500", [.reply(500, "oops"), .reply(500)]), ("404", [.reply(404)]), ("429", [.reply(429)]),
    ("hangs up", [.hangUp, .hangUp]), ("is slow", [.slowly(9)]),
    ("answers endlessly", [.reply(200, String(repeating: "x", count: 100_000))]),
  ]

  @Test(arguments: troubles)
  func `a shop that is out of order is told everything in order, once it is back`(
    trouble: String, answers: [Receiver.Answer]
  ) throws {
    let receiver = try Receiver { _, number in
      number <= answers.count ? answers[number - 1] : .reply(200)
    }
    // A receiver that is slow must be slower than a lease is long, or nothing is proven by it.
    let site = try Site.telling(receiver, haste: trouble == "is slow" ? 4 : 10)
    let (number, buyer) = try site.paidOrder()
    _ = try site.applyForRefund(of: number, buyer)
    try eventually("everything is told", within: .seconds(60)) { try site.isTold() }
    let told = try receiver.received.map(ToldEvent.init)
    // The first message again and again until it is taken, then the next one.
    #expect(
      told.map(\.type) == [String](repeating: "paid", count: answers.count + 1) + ["refund_applied"]
    )
    #expect(Set(told.prefix(answers.count + 1).map(\.id)).count == 1)
    let bodies = receiver.received.prefix(answers.count + 1).map(\.body)
    #expect(Set(bodies).count == 1)
  }

  @Test func `a page for people in place of an answer is told, and not told again`() throws {
    let receiver = try Receiver { _, _ in
      .reply(200, "\u{FEFF}\n<!DOCTYPE html><html><body>Welcome to our shop</body></html>")
    }
    // A lease that is long enough for any machine: what was begun before is told without a word.
    let site = try Site.telling(receiver, haste: 1)
    let (number, _) = try site.paidOrder()
    try eventually("it is told") { try site.isTold() }
    #expect(receiver.received.count == 1)
    let words = "answered with a web page (HTML)"
    let list = try site.run("delivery", "list", "--all", "--order", number)
    #expect(list.contains("\(number)  1 paid  webhook  delivered"), "\(list)")
    #expect(list.contains(words), "\(list)")
    let timeline = try site.merchantOrder(number)["timeline"]?.array ?? []
    let line = timeline.first { $0["event"]?.string == "delivered_without_effect" }
    #expect(line?["detail"]?.string?.contains(words) == true, "\(timeline)")
    try site.waitForLog("event=\"delivered, but\"")
  }

  @Test func `a ping shows what the shop's address answers`() throws {
    let receiver = try Receiver { _, number in
      switch number {
      case 1: .reply(204)
      case 2: .reply(200, "<html><body>Welcome to our shop</body></html>")
      case 3: .redirect("https://example.com/")
      default: .reply(500, "oops")
      }
    }
    let site = try Site.telling(receiver)
    for (code, words) in [
      (0, ["status 204 after ", " ms\n"]), (0, ["status 200 after ", "web page (HTML)"]),
      (1, ["status 302 after "]), (1, ["status 500 after "]),
    ] as [(Int32, [String])] {
      let test = try site.command(["delivery", "test"])
      #expect(test.code == code, "\(test)")
      for part in words { #expect(test.output.contains(part), "\(test)") }
    }
    let message = try #require(receiver.received.first)
    #expect(message.path == "/events")
    #expect(try message.isSigned(with: Site.webhookKey))
    let ping = try JSON(parsing: message.body)
    #expect(ping["type"]?.string == "ping")
    #expect(ping["data"] == ["merchant": "main"])
    // Each is a message of its own.
    #expect(Set(receiver.received.compactMap { $0.headers["webhook-id"] }).count == 4)
    receiver.stop()
    let silent = try site.command(["delivery", "test"])
    #expect(silent.code == 1 && !silent.output.isEmpty, "\(silent)")
    let relay = try site.command(["delivery", "test", "--channel", "relay"])
    #expect(relay.code == 64 && relay.output.contains("Only webhook"), "\(relay)")
    // A shop that hears of nothing has no deliveries by it.
    #expect(try site.count("delivery", where: "TRUE") == 0)
  }

  @Test func `a redirect is not followed`() throws {
    let elsewhere = try Receiver { _, _ in .reply(200) }
    let receiver = try Receiver { _, number in
      number == 1 ? .redirect(elsewhere.url) : .reply(200)
    }
    let site = try Site.telling(receiver)
    _ = try site.paidOrder()
    try eventually("it is told") { receiver.received.count == 2 }
    #expect(elsewhere.received.isEmpty)
  }

  @Test func `a shop that was down hears of every order, each in its order`() throws {
    let receiver = try Receiver { _, _ in .reply(200) }
    let site = try Site.telling(receiver)
    receiver.stop()
    let purchases = try concurrently(6) { _ in
      let (number, buyer) = try site.paidOrder()
      _ = try site.applyForRefund(of: number, buyer, fee: 100)
      return number
    }
    try eventually("it was tried in vain") {
      try site.query("SELECT 1 FROM delivery WHERE state = 'pending'").count >= 3
    }
    let list = try site.run("delivery", "list")
    #expect(list.contains("webhook  pending"), "\(list)")
    // Most were not even tried.
    #expect(try undelivered(site).count == 12, "\(list)")
    try receiver.start()
    try eventually("everything is told", within: .seconds(60)) { try site.isTold() }
    let told = try receiver.told()
    #expect(Set(told.keys) == Set(purchases))
    for events in told.values {
      #expect(events.map(\.sequence) == [1, 2])
      #expect(events.map(\.type) == ["paid", "refund_applied"])
    }
  }

  @Test func `orders that wait for a shop come up ever more rarely, and all soon once it is back`()
    throws
  {
    let receiver = try Receiver { _, _ in .reply(200) }
    let site = try Site.telling(receiver, haste: 40)
    receiver.stop()
    let orders = (1...60).map { "closed-\($0)" }
    try site.close(orders, of: "main", dueAt: 1)
    try eventually("all are waiting patiently") {
      try site.count("duty", where: "kind = 'delivery' AND attempt >= 4") == orders.count
    }
    // Hardly any was tried: they are not late by the steps of an event that failed.
    #expect(try site.count("delivery", where: "attempts >= 4") < 10)
    try receiver.start()
    try eventually("everything is told", within: .seconds(60)) { try site.isTold() }
    #expect(try Set(receiver.told().keys) == Set(orders))
  }

  @Test func `an event that failed keeps its time, however often its order comes up`() throws {
    let receiver = try Receiver { _, _ in .reply(404) }
    let site = try Site.telling(receiver, haste: 1)
    try site.close(["closed-1"], of: "main", dueAt: 1)
    try eventually("it was tried in vain") {
      try site.count("delivery", where: "attempts = 1") == 1
    }
    for number in 1...3 {
      try eventually("its order has come up") {
        try site.bringUp("closed-1")
        return try site.count("duty", where: "kind = 'delivery' AND lease > \(number)") == 1
      }
    }
    #expect(receiver.received.count <= 2)
    #expect(try site.count("delivery", where: "attempts > 2") == 0)
  }

  @Test func `an order that WeChat itself closes at its end is told as closed`() throws {
    let receiver = try Receiver { _, _ in .reply(200) }
    let site = try Site.telling(receiver)
    let (number, _, _) = try site.unpaidOrder()
    // As if it had been opened a century ago.
    try site.execute(
      """
      UPDATE payment SET parameters =
        REPLACE(parameters, '<time_start><![CDATA[20', '<time_start><![CDATA[19')
      WHERE out_trade_no = '\(number)'
      """)
    try site.control("POST", "close", ["out_trade_no": .string(number)])
    try eventually("the order is closed") { try site.state(number) == "closed" }
    #expect(try site.moves(number).last == "unpaid>closed")
    try eventually("the shop knows") {
      try receiver.told()[number]?.map(\.type) == ["closed"]
    }
  }

  @Test func `an order that was closed by hand at WeChat is told as closed when its time is over`()
    throws
  {
    let receiver = try Receiver { _, _ in .reply(200) }
    let site = try Site.telling(receiver)
    let (abandoned, _, _) = try site.unpaidOrder()
    let (resumed, buyer, _) = try site.unpaidOrder()
    for number in [abandoned, resumed] {
      try site.control("POST", "close", ["out_trade_no": .string(number)])
      try eventually("it is closed") { try site.state(number) == "closed" }
    }
    let payment = try site.pay(resumed, buyer)
    #expect(payment.status == 200, "\(payment.text)")
    #expect(receiver.received.isEmpty)
    try site.execute(
      """
      UPDATE payment SET parameters =
        REPLACE(parameters, '<time_start><![CDATA[20', '<time_start><![CDATA[19')
      WHERE out_trade_no IN ('\(abandoned)', '\(resumed)')
      """)
    try site.execute("UPDATE duty SET due_at = 0 WHERE kind = 'payment' AND done_at IS NULL")
    try eventually("the shop knows") {
      try receiver.told()[abandoned]?.map(\.type) == ["closed"]
    }
    try site.confirm(payment)
    try eventually("the shop knows") { try receiver.told()[resumed]?.map(\.type) == ["paid"] }
  }

  @Test func `shops that are slow to answer do not hold up another merchant's shop`() throws {
    let slow = try Receiver { _, _ in .slowly(3) }
    let quick = try Receiver { _, _ in .reply(200) }
    let site = try Site(
      .init(
        apiWorkers: 4, hasSecondMerchant: true, haste: 10, hasDuties: true, isSupervised: true,
        merchantLines: [
          "private_hosts: [127.0.0.1]",
          "webhook: { url: '\(slow.url)', key_file: webhook.key }",
        ], secrets: ["webhook.key": Site.webhookKey]))
    let text = try String(contentsOfFile: site.configuration, encoding: .utf8)
    try site.folder.write(
      text + """

            private_hosts: [127.0.0.1]
            webhook: { url: '\(quick.url)', key_file: webhook.key }
          third:
            appid: wx0123456789abcdef
            app_secret_file: app.secret
            mch_id: "1900000110"
            api_key_file: api.key
            sign_type: MD5
            notify_url: \(site.nginx.shopURL)/wxpay/receive-notify/third
            private_hosts: [127.0.0.1]
            webhook: { url: '\(slow.url)', key_file: webhook.key }

        """, to: "weixinpay.yaml")
    try site.restartGateway()
    for merchant in ["main", "third"] {
      try site.close((1...500).map { "slow-\($0)" }, of: merchant, dueAt: 1)
    }
    // All threads have waited for them by then.
    try eventually("they have been slow") { slow.received.count > 7 }
    try site.close(["quick-1"], of: "second", dueAt: 2)
    try eventually("the other shop is told", within: .seconds(60)) { quick.received.count == 1 }
    #expect(slow.received.count < 60)
  }

  @Test(arguments: ["O1", "O2", "O3"])
  func `a gateway that is killed while it tells loses nothing and keeps the order`(
    point: String
  ) throws {
    let receiver = try Receiver { _, _ in .reply(200) }
    let site = try Site.telling(receiver)
    let (number, buyer, payment) = try site.unpaidOrder()
    try site.restartGateway(crashPoint: point)
    try site.confirm(payment)
    try site.reviveGateway()
    try site.waitUntilPaid(number)
    _ = try site.applyForRefund(of: number, buyer, fee: 100)
    try eventually("everything is told") { try site.isTold() }
    let told = try receiver.received.map(ToldEvent.init).map(\.sequence)
    // Delivered, and killed before it was noted: the only case in which the shop hears it twice.
    #expect(told == (point == "O2" ? [1, 1, 2] : [1, 2]))
  }

  @Test func `what was given up is listed, and told once more by hand`() throws {
    let isBack = Atomic(false)
    let receiver = try Receiver { _, _ in
      isBack.load(ordering: .relaxed) ? .reply(200) : .reply(410)
    }
    let site = try Site.telling(receiver)
    let (number, buyer) = try site.paidOrder()
    try eventually("it was tried in vain") {
      try !site.query("SELECT 1 FROM delivery WHERE state = 'pending'").isEmpty
    }
    // Three days later.
    _ = try site.query("UPDATE delivery SET since = since - 259200000000")
    try eventually("it is given up") {
      try site.run("delivery", "list", "--dead").contains("\(number)  1 paid  webhook  dead")
    }
    let timeline = try site.merchantOrder(number)["timeline"]?.array ?? []
    #expect(timeline.contains { $0["event"]?.string == "undelivered" })
    isBack.store(true, ordering: .relaxed)
    _ = try site.applyForRefund(of: number, buyer, fee: 100)
    try eventually("the next event is told all the same") {
      try receiver.received.map(ToldEvent.init).last?.sequence == 2
    }
    #expect(try site.run("delivery", "resend").contains("1 to be sent now"))
    try eventually("it is told") {
      try receiver.received.map(ToldEvent.init).last?.sequence == 1
    }
    try eventually("nothing is left") { try site.isTold() }
    #expect(try undelivered(site).isEmpty)
  }

  private func undelivered(_ site: Site) throws -> [JSON] {
    let list = try JSON(parsing: Array(site.run("delivery", "list", "--json").utf8))
    return try #require(list["deliveries"]?.array)
  }
}
