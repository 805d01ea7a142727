import Foundation
import MariaDB
import Server
import Synchronization
import TestSupport
import Testing

/// The script that received WeChat's notifications before goes on with its side work.
@Suite struct RelayTests {
  private func site(_ receiver: Receiver, haste: Int = 10) throws -> Site {
    try Site(
      .init(
        apiWorkers: 4, haste: haste, hasDuties: true,
        merchantLines: [
          "private_hosts: [127.0.0.1]",
          "relay: { payment_url: '\(receiver.url)notify.php', refund_url: '\(receiver.url)refund.php' }",
        ]))
  }

  private static let success =
    "<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"

  /// What a script answers that has not done its work.
  private static let failures: [Receiver.Answer] = [
    .reply(500, success), .hangUp, .reply(200, "<html>SUCCESS</html>"),
    .reply(200, "<xml><return_code><![CDATA[FAIL]]></return_code></xml>"), .reply(200, ""),
  ]

  @Test func `points are granted once, when the script has said SUCCESS, of WeChat's own bytes`()
    throws
  {
    let failures = Self.failures
    let receiver = try Receiver { _, number in
      number <= failures.count ? failures[number - 1] : .reply(200, "\u{FEFF}\(Self.success)\r\n")
    }
    // The fifth failure is waited for for a quarter of an hour.
    let site = try site(receiver, haste: 100)
    _ = try site.paidOrder()
    try eventually("it is told", within: .seconds(60)) { try site.isTold() }
    // A lease lasts 0.3 s here: a machine that is too busy for it tells twice.
    let told = receiver.received.count
    #expect(told > failures.count)
    let original = try site.query("SELECT body FROM notification")[0].bytes("body")
    for message in receiver.received {
      #expect(message.path == "/notify.php")
      #expect(message.headers["content-type"]?.hasPrefix("text/xml") == true)
      #expect(message.body == original)
    }
    // WeChat repeats itself; the script does not hear of it again.
    let order = try #require(try site.weChatOrders().first?["out_trade_no"])
    try site.control("POST", "notify", ["out_trade_no": order, "probe": "duplicate", "count": 3])
    #expect(try site.isTold())
    #expect(receiver.received.count == told)
  }

  @Test func `the plain word is enough, and a refund goes to its own script`() throws {
    let receiver = try Receiver { _, _ in .reply(200, "success") }
    let site = try site(receiver)
    let (number, _) = try site.paidOrder()
    _ = try site.refund(number, fee: 500)
    try eventually("both are told") { Set(receiver.received.map(\.path)).count == 2 }
    try eventually("nothing is left") { try site.isTold() }
    let bodies = try site.query("SELECT body FROM notification ORDER BY id").map {
      try $0.bytes("body")
    }
    #expect(receiver.received.map(\.path) == ["/notify.php", "/refund.php"])
    #expect(receiver.received.map(\.body) == bodies)
  }

  @Test func `a refund that was abnormal at first reaches the script once as each`() throws {
    // The first message waits until the second has come, too.
    let isOpen = Mutex(false)
    let receiver = try Receiver { message, _ in
      message.path == "/refund.php" && !isOpen.withLock { $0 }
        ? .reply(500, "") : .reply(200, Self.success)
    }
    let site = try site(receiver)
    try site.control("POST", "refund-outcome", ["outcome": "processing"])
    let (number, _) = try site.paidOrder()
    let refund = try #require(
      try site.refund(number, fee: 500).json["out_refund_no"]?.string)
    for status in ["CHANGE", "SUCCESS"] {
      try site.finish(refund, status)
      try site.waitUntil(refund, is: status == "CHANGE" ? "abnormal" : "succeeded")
    }
    isOpen.withLock { $0 = true }
    try eventually("both are told", within: .seconds(60)) { try site.isTold() }
    let bodies = try site.query(
      "SELECT body FROM notification WHERE out_refund_no IS NOT NULL ORDER BY id"
    ).map { try $0.bytes("body") }
    #expect(bodies.count == 2)
    var heard: [[UInt8]] = []
    for message in receiver.received where message.path == "/refund.php" {
      if heard.last != message.body { heard.append(message.body) }
    }
    #expect(heard == bodies)
  }

  @Test func `a payment whose notification is lost reaches the script all the same`() throws {
    let receiver = try Receiver { _, _ in .reply(200, Self.success) }
    let site = try site(receiver, haste: 100)
    try site.fault("notify", "lose", count: 0)
    let (number, buyer, payment) = try site.unpaidOrder()
    try site.confirm(payment)
    try eventually("the order is paid") {
      try site.send("GET", "/wxpay/order?out_trade_no=\(number)", token: buyer.token)
        .json["state"]?.string == "paid"
    }
    try eventually("it is told", within: .seconds(60)) { try site.isTold() }
    // More than once only on a machine that is too busy for a lease of 0.3 s.
    #expect(!receiver.received.isEmpty)
    for message in receiver.received {
      // Who checks it as WeChat's messages are checked finds nothing amiss.
      let answer = try site.send(
        "POST", "/wxpay/receive-notify", body: message.body, contentType: "text/xml")
      #expect(answer.text.contains("<![CDATA[SUCCESS]]>"), "\(answer.text)")
    }
    #expect(try site.moves(number).filter { $0 == "unpaid>paid" }.count == 1)
  }

  @Test(arguments: ["SUCCESS", "REFUNDCLOSE", "CHANGE"])
  func `a refund whose notification is lost reaches the script all the same`(status: String) throws
  {
    let receiver = try Receiver { _, _ in .reply(200, Self.success) }
    let site = try site(receiver, haste: 100)
    try site.fault("refund_notify", "lose", count: 0)
    let (number, refund) = try refundUnderWay(site)
    try site.finish(refund, status)
    try eventually("the script hears of it", within: .seconds(60)) {
      try !receiver.refunds.isEmpty && site.isTold()
    }
    let message = try #require(receiver.refunds.first)
    try expectWeChatsWord(message, about: number, at: site, status: status)
    // Who reads it as WeChat's messages are read finds nothing amiss.
    let answer = try site.send(
      "POST", "/wxpay/receive-refund-notify", body: message.body, contentType: "text/xml")
    #expect(answer.text.contains("<![CDATA[SUCCESS]]>"), "\(answer.text)")
    // Each perhaps more than once, and never the refund before its payment.
    let paths = receiver.received.map(\.path)
    #expect(Set(paths) == ["/notify.php", "/refund.php"] && paths == paths.sorted(), "\(paths)")
    #expect(Set(receiver.refunds.map(\.body)).count == 1)
  }

  @Test func `a repetition of a message that was remade is the same message`() throws {
    let hasFailed = Mutex(false)
    let receiver = try Receiver { message, _ in
      guard message.path == "/refund.php" else { return .reply(200, Self.success) }
      return hasFailed.withLock { hasFailed in
        defer { hasFailed = true }
        return hasFailed ? .reply(200, Self.success) : .reply(500, "")
      }
    }
    let site = try site(receiver, haste: 100)
    try site.fault("refund_notify", "lose", count: 0)
    let (_, refund) = try refundUnderWay(site)
    try site.finish(refund, "SUCCESS")
    try eventually("it is told", within: .seconds(60)) {
      try receiver.refunds.count >= 2 && site.isTold()
    }
    #expect(Set(receiver.refunds.map(\.body)).count == 1)
  }

  @Test func `a lost message of a trouble that is over is made of how it ended`() throws {
    let receiver = try Receiver { _, _ in .reply(200, Self.success) }
    let site = try site(receiver, haste: 100)
    try site.fault("refund_notify", "lose", count: 0)
    let (number, refund) = try refundUnderWay(site)
    try site.finish(refund, "CHANGE")
    try site.waitUntil(refund, is: "abnormal")
    // The gateway, which waits for a person, has not heard of it when the message is made.
    try site.finish(refund, "SUCCESS")
    try eventually("the script hears of it", within: .seconds(60)) { !receiver.refunds.isEmpty }
    try expectWeChatsWord(receiver.refunds[0], about: number, at: site, status: "SUCCESS")
  }

  @Test func `nothing is made of an answer that proves nothing, and it is asked again`() throws {
    let receiver = try Receiver { _, _ in .reply(200, Self.success) }
    let site = try site(receiver, haste: 100)
    try site.fault("refund_notify", "lose", count: 0)
    let (number, refund) = try refundUnderWay(site)
    try site.finish(refund, "SUCCESS")
    try site.waitUntil(refund, is: "succeeded")
    try site.fault("refundquery", "wrong_signature", count: 0)
    try eventually("WeChat is asked in vain", within: .seconds(60)) {
      try site.query("SELECT remark FROM delivery WHERE state = 'pending'").contains {
        try $0.optionalText("remark")?.contains("signature") == true
      }
    }
    #expect(receiver.refunds.isEmpty)
    try site.clearFaults()
    try eventually("it is told", within: .seconds(60)) { try site.isTold() }
    #expect(Set(receiver.refunds.map(\.body)).count == 1)
    try expectWeChatsWord(
      try #require(receiver.refunds.first), about: number, at: site, status: "SUCCESS")
  }

  @Test func `a message that says otherwise than WeChat is not passed on`() throws {
    let receiver = try Receiver { _, _ in .reply(200, Self.success) }
    let site = try site(receiver, haste: 100)
    try site.fault("refund_notify", "lose", count: 0)
    let (number, refund) = try refundUnderWay(site)
    for (probe, status) in [("wrong_refund_id", "SUCCESS"), ("extra_field", "REFUNDCLOSE")] {
      let reply = try site.control(
        "POST", "refund-notify",
        [
          "out_refund_no": .string(refund), "probe": .string(probe),
          "refund_status": .string(status),
        ])
      #expect(reply.json.array?.first?["acked"]?.bool == true, "\(reply.text)")
    }
    try site.finish(refund, "SUCCESS")
    try eventually("it is told", within: .seconds(60)) {
      try !receiver.refunds.isEmpty && site.isTold()
    }
    #expect(Set(receiver.refunds.map(\.body)).count == 1)
    try expectWeChatsWord(receiver.refunds[0], about: number, at: site, status: "SUCCESS")
  }

  /// A refund that WeChat has accepted and not ended.
  private func refundUnderWay(_ site: Site) throws -> (order: String, refund: String) {
    try site.control("POST", "refund-outcome", ["outcome": "processing"])
    let (number, _) = try site.paidOrder()
    let refund = Site.refundNumber()
    #expect(try site.refund(number, fee: 500, refundNumber: refund).status == 201)
    try site.waitUntil(refund, is: "processing")
    return (number, refund)
  }

  /// Compares a refund's message with WeChat's books.
  private func expectWeChatsWord(
    _ message: Receiver.Message, about order: String, at site: Site, status: String
  ) throws {
    let refund = try #require(try site.weChatRefunds(of: order).first)
    let text = try decrypted(message, at: site)
    func expect(_ name: String, _ value: String?) {
      let value = value ?? "?"
      #expect(text.contains("<\(name)><![CDATA[\(value)]]></\(name)>"), "\(name) \(value): \(text)")
    }
    for name in [
      "out_refund_no", "refund_id", "out_trade_no", "transaction_id", "refund_request_source",
      "refund_status",
    ] { expect(name, refund[name]?.string) }
    expect("refund_status", status)
    expect("refund_fee", "500")
    expect("settlement_refund_fee", "500")
    expect("total_fee", "1990")
    expect("settlement_total_fee", "1990")
    expect("refund_recv_accout", "支付用户零钱")
    expect("refund_account", "REFUND_SOURCE_UNSETTLED_FUNDS")
    let finishedAt = try #require(refund["finished_at"]?.integer)
    expect("success_time", status == "SUCCESS" ? Self.beijingTime(finishedAt) : "")
    #expect(message.text.contains("<appid><![CDATA[\(Site.appID)]]></appid>"))
    #expect(message.text.contains("<mch_id><![CDATA[\(Site.merchantID)]]></mch_id>"))
  }

  /// What a script reads that knows nothing of this program: openssl(1) decrypts.
  private func decrypted(_ message: Receiver.Message, at site: Site) throws -> String {
    let file = try site.folder.write(message.text, to: "message.xml")
    return try ChildProcess.run(
      "/bin/sh",
      [
        "-c",
        """
        key=$(printf %s "$(cat "$1")" | md5sum | cut -c1-32 | tr -d '\\n' | od -An -v -tx1)
        sed 's/.*<req_info><!\\[CDATA\\[//; s/\\].*//' "$2" |
        openssl enc -d -aes-256-ecb -base64 -A -K "$(printf %s "$key" | tr -d ' \\n')"
        """, "sh", site.folder.file("api.key"), file,
      ])
  }

  private static func beijingTime(_ microseconds: Int64) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 8 * 3600)
    formatter.dateFormat = "yyyy-MM-dd HH:mm:ss"
    return formatter.string(from: Date(timeIntervalSince1970: Double(microseconds / 1_000_000)))
  }

  @Test func `a row that cannot be used counts as a failure, and silences no other channel`() throws
  {
    let receiver = try Receiver { _, _ in .reply(200, Self.success) }
    let site = try Site(
      .init(
        apiWorkers: 4, haste: 100, hasDuties: true,
        merchantLines: [
          "private_hosts: [127.0.0.1]", "relay: { payment_url: '\(receiver.url)notify.php' }",
          "webhook: { url: '\(receiver.url)events', key_file: webhook.key }",
        ], secrets: ["webhook.key": Site.webhookKey]))
    try site.fault("notify", "lose", count: 0)
    let (number, _, payment) = try site.unpaidOrder()
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    // The shop's own texts stop nothing, a word of another version does.
    try site.execute("UPDATE shop_order SET body = REPEAT('票', 100)")
    try site.execute("UPDATE payment SET closing = 'later'")
    try eventually("the relay's message cannot be made") {
      try site.count(
        "delivery", where: "channel = 'relay' AND attempts > 4 AND remark LIKE 'payment.closing%'")
        == 1
    }
    try site.execute(
      "INSERT INTO event (merchant, order_no, seq, event, at)"
        + " VALUES ('main', '\(number)', 2, 'closed', 1795223000000000)")
    try eventually("the webhook hears of what follows") {
      try site.bringUp(number)
      return receiver.received.contains { $0.path == "/events" && $0.text.contains("closed") }
    }
    #expect(!receiver.received.contains { $0.path == "/notify.php" })
    try site.execute("UPDATE payment SET closing = NULL")
    try eventually("the script is told as well", within: .seconds(60)) { try site.isTold() }
    #expect(receiver.received.contains { $0.path == "/notify.php" })
  }

  @Test(arguments: ["O1", "O2", "O3"])
  func `a gateway that is killed while it relays loses nothing`(point: String) throws {
    let receiver = try Receiver { _, _ in .reply(200, Self.success) }
    let site = try site(receiver)
    let (_, _, payment) = try site.unpaidOrder()
    try site.restartGateway(crashPoint: point)
    try site.confirm(payment)
    try site.reviveGateway()
    try eventually("it is told") { try site.isTold() }
    // As when WeChat misses the answer: the script hears it again, and has said SUCCESS twice.
    #expect(receiver.received.count == (point == "O2" ? 2 : 1))
  }
}

extension Receiver {
  /// What the script for refunds was sent.
  fileprivate var refunds: [Message] { received.filter { $0.path == "/refund.php" } }
}
