import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// Refund notifications, genuine and forged: a hint to ask WeChat, and never more.
@Suite(.serialized) struct RefundNotifyTests {
  private static let site = Result { try Site.forRefunds(.init(hasSecondMerchant: true)) }
  private let site: Site

  init() throws { site = try Self.site.get() }

  private static let path = "/wxpay/receive-refund-notify"

  private func notify(_ body: [UInt8], path: String = Self.path) throws -> Site.Reply {
    try site.send("POST", path, body: body, contentType: "text/xml")
  }

  private func probe(
    _ refund: String, _ probe: String, count: Int = 1, claiming status: String? = nil
  ) throws -> [JSON] {
    let reply = try site.control(
      "POST", "refund-notify",
      [
        "out_refund_no": .string(refund), "probe": .string(probe), "count": .number("\(count)"),
        "refund_status": status.map { .string($0) } ?? .null,
      ])
    return try #require(reply.json.array, "\(reply.text)")
  }

  private func books() throws -> [String: Int64] {
    try site.digest().filter { $0.key != "merchant_token" }
  }

  /// Waits until nothing is due any more: what a duty still records would hide what is looked for.
  private func settle() throws {
    try eventually("all duties are done") {
      try self.site.query(
        """
        SELECT COUNT(*) AS n FROM duty WHERE done_at IS NULL
          AND due_at < UNIX_TIMESTAMP(NOW(6)) * 1000000 + 2000000
        """)[0].integer("n") == 0
    }
  }

  /// A refund that has succeeded, and its notification as WeChat sent it.
  private func told() throws -> (order: String, refund: String, message: String) {
    let (order, _) = try site.paidOrder()
    let refund = Site.refundNumber()
    #expect(try site.refund(order, fee: 500, refundNumber: refund).status == 201)
    try site.waitUntil(refund, is: "succeeded")
    var bodies: [[UInt8]] = []
    try eventually("the notification is stored") {
      bodies = try self.site.query(
        """
        SELECT body FROM notification WHERE out_trade_no = '\(order)' AND body LIKE '%req_info%'
        """
      ).map { try $0.bytes("body") }
      return !bodies.isEmpty
    }
    try settle()
    return (order, refund, String(decoding: bodies[0], as: UTF8.self))
  }

  /// Forgeries by whoever has the merchant's key, or none.
  static let probes = [
    "wrong_key", "wrong_appid", "wrong_mch_id", "wrong_out_trade_no", "wrong_out_refund_no",
    "wrong_transaction_id", "wrong_total_fee", "wrong_refund_fee", "return_fail", "doctype",
    "inner_doctype", "duplicate_field", "truncated", "html", "empty",
  ]

  @Test func `every forgery gets the same answer and changes nothing`() throws {
    let (_, refund, genuine) = try told()
    let asked = try site.questions(about: refund)
    let before = try books()
    var answers: Set<String> = []
    for probe in Self.probes where probe != "wrong_out_refund_no" {
      for reply in try self.probe(refund, probe) {
        answers.insert("\(reply["status"]?.integer ?? 0) \(reply["body"]?.string ?? "")")
      }
    }
    for forgery in Self.forgeries(of: genuine) {
      let reply = try notify(Array(forgery.utf8))
      answers.insert("\(reply.status) \(reply.text)")
    }
    for bytes in [
      [0xFF, 0xFE], Array(genuine.utf8) + [0], [0xEF, 0xBB, 0xBF] + Array(genuine.utf8),
    ] {
      let reply = try notify(bytes)
      answers.insert("\(reply.status) \(reply.text)")
    }
    for name in ["second", "nobody"] {
      let reply = try notify(Array(genuine.utf8), path: Self.path + "/" + name)
      #expect(reply.text.contains("<![CDATA[FAIL]]>"), "\(name) \(reply.text)")
    }
    #expect(answers.count == 1, "\(answers)")
    #expect(answers.first?.contains("<![CDATA[FAIL]]>") == true)
    #expect(try books() == before)
    #expect(try site.questions(about: refund) == asked)
  }

  /// The encryption protects no integrity: what leaves every field that is compared alone passes
  /// for a hint. It makes us ask, and what WeChat answers counts.
  @Test func `a message put together from parts moves nothing`() throws {
    let (order, refund, genuine) = try told()
    let (otherOrder, otherRefund, other) = try told()
    let before = try books()
    var failures: Set<String> = []
    for splice in Self.splices(of: genuine, and: other) {
      let reply = try notify(Array(splice.utf8))
      if !reply.text.contains("<![CDATA[SUCCESS]]>") {
        failures.insert("\(reply.status) \(reply.text)")
      }
    }
    #expect(failures.count == 1 && failures.first?.contains("<![CDATA[FAIL]]>") == true)
    try settle()
    let after = try books()
    for table in ["refund", "payment", "journal", "shop_order"] {
      #expect(after[table] == before[table], "\(table)")
    }
    for (order, refund) in [(order, refund), (otherOrder, otherRefund)] {
      #expect(try site.refund(refund)["state"]?.string == "succeeded")
      #expect(try site.alarms(order) == [])
    }
  }

  /// What can be made of a captured message without its key, and without taking it apart.
  private static func forgeries(of genuine: String) -> [String] {
    let sealed = Data(base64Encoded: request(genuine)) ?? Data()
    func with(_ data: Data) -> String {
      genuine.replacingOccurrences(of: request(genuine), with: data.base64EncodedString())
    }
    return [
      "", "junk", "<xml></xml>", String(genuine.dropLast(40)), genuine + "trailing",
      genuine + genuine, "<root>" + genuine + "</root>",
      genuine.replacingOccurrences(of: Site.merchantID, with: "1900000109"),
      genuine.replacingOccurrences(of: Site.appID, with: "wx0123456789abcdef"),
      genuine.replacingOccurrences(of: request(genuine), with: ""),
      genuine.replacingOccurrences(of: request(genuine), with: "!!!!"),
      genuine.replacingOccurrences(
        of: request(genuine), with: "<root><refund_status>SUCCESS</refund_status></root>"),
      "<xml><return_code>SUCCESS</return_code><out_refund_no>R</out_refund_no></xml>",
      String(repeating: "<a>", count: 10_000),
      with(sealed.dropLast()), with(sealed.dropLast(16)), with(sealed + sealed.prefix(16)),
      with(Data(repeating: 0, count: 16)), with(Data()),
    ]
  }

  /// Messages made of a genuine one by changing, exchanging or leaving out blocks of the cipher, and
  /// by putting parts of two together.
  private static func splices(of genuine: String, and other: String) -> [String] {
    let sealed = Data(base64Encoded: request(genuine)) ?? Data()
    let foreign = Data(base64Encoded: request(other)) ?? Data()
    func with(_ data: Data) -> String {
      genuine.replacingOccurrences(of: request(genuine), with: data.base64EncodedString())
    }
    var splices: [String] = []
    for start in stride(from: 0, to: sealed.count, by: 16) {
      let range = start..<start + 16
      var (without, changed, swapped) = (sealed, sealed, sealed)
      without.removeSubrange(range)
      changed[start] ^= 1
      if start >= 16 {
        swapped.replaceSubrange(start - 16..<start, with: sealed[range])
        swapped.replaceSubrange(range, with: sealed[start - 16..<start])
        splices.append(with(swapped))
      }
      splices += [with(without), with(changed)]
    }
    // Half of one refund's message, half of another's.
    for cut in stride(from: 64, to: min(sealed.count, foreign.count) - 64, by: 16) {
      splices.append(with(sealed.prefix(cut) + foreign.dropFirst(cut)))
    }
    return splices
  }

  private static func request(_ message: String) -> String {
    let rest = message.components(separatedBy: "<req_info>").last ?? ""
    return (rest.components(separatedBy: "</req_info>").first ?? "")
      .replacingOccurrences(of: "<![CDATA[", with: "").replacingOccurrences(of: "]]>", with: "")
  }

  @Test func `a number that nobody knows makes us look, and find nothing`() throws {
    let (order, refund, _) = try told()
    _ = try probe(refund, "wrong_out_refund_no")
    try settle()
    #expect(try site.query("SELECT 1 FROM refund WHERE out_trade_no = '\(order)'").count == 1)
    #expect(try site.reserved(order) == 500)
    #expect(try site.buyerSees(order) == 500)
  }

  @Test func `what is too large or broken off does nothing`() throws {
    let (_, _, genuine) = try told()
    let before = try books()
    let large = try notify(Array(repeating: 0x41, count: 1 << 20))
    #expect(large.status == 413)
    let padded = try notify(Array((genuine + String(repeating: " ", count: 65_536)).utf8))
    #expect(padded.status == 413)
    let client = CurlCommand(authorityFile: site.authorityFile)
    let file = try site.folder.write(genuine, to: "genuine.xml")
    let cut = try client.send(
      site.nginx.shopURL + Self.path,
      [
        "--data-binary", "@\(file)", "-H", "Content-Length: \(genuine.utf8.count + 100)",
        "--max-time", "2",
      ])
    #expect(!cut.body.contains("<![CDATA[SUCCESS]]>"), "\(cut)")
    for method in ["GET", "PUT", "DELETE"] {
      let answer = try client.send(site.nginx.shopURL + Self.path, ["-X", method])
      #expect(answer.status == 405 && answer.body.contains("<![CDATA[FAIL]]>"), "\(answer)")
    }
    #expect(try books() == before)
  }

  @Test func `a genuine notification is one question, and its repetitions are none`() throws {
    // At its own pace, so that no duty asks by itself meanwhile.
    let site = try Site.forRefunds(.init(haste: 1))
    let (order, _) = try site.paidOrder()
    try site.outcome("processing", ofOrder: order)
    let refund = Site.refundNumber()
    #expect(try site.refund(order, fee: 500, refundNumber: refund).status == 201)
    #expect(try site.refund(refund)["state"]?.string == "processing")
    #expect(try site.questions(about: refund) == 0)
    try site.fault("refund_notify", "lose", of: refund)
    try site.finish(refund, "SUCCESS")
    let copies = try site.control(
      "POST", "refund-notify", ["out_refund_no": .string(refund), "count": 50])
    // Who is one too many at this moment is told to come again.
    #expect(copies.json.array?.count == 50)
    #expect(copies.json.array?.contains { $0["acked"]?.bool == true } == true, "\(copies.text)")
    try site.waitUntil(refund, is: "succeeded")
    #expect(try site.questions(about: refund) == 1)
    let stored = try site.query(
      "SELECT body FROM notification WHERE body LIKE '%req_info%'")
    try #require(stored.count == 1)
    let body = try stored[0].bytes("body")
    let replies = try concurrently(50) { _ in
      try site.send("POST", Self.path, body: body, contentType: "text/xml")
    }
    let taken = replies.map(\.text).filter { $0.contains("<![CDATA[SUCCESS]]>") }
    #expect(Set(taken).count == 1)
    #expect(
      replies.map(\.text).allSatisfy { taken.contains($0) || $0.contains("<![CDATA[系统繁忙]]>") })
    // A duty that was made due by one of them would run within a second.
    Thread.sleep(forTimeInterval: 2)
    #expect(try site.questions(about: refund) == 1)
    #expect(
      try site.query("SELECT 1 FROM notification WHERE body LIKE '%req_info%'").count == 1)
    #expect(try site.weChatRefunds(of: order).count == 1)
  }

  @Test func `a notification's word for the end is not believed`() throws {
    let (order, _) = try site.paidOrder()
    try site.outcome("processing", ofOrder: order)
    let refund = Site.refundNumber()
    _ = try site.refund(order, fee: 500, refundNumber: refund)
    try site.waitUntil(refund, is: "processing")
    for claim in ["SUCCESS", "REFUNDCLOSE", "CHANGE"] {
      let asked = try site.questions(about: refund)
      let reply = try #require(try probe(refund, "extra_field", claiming: claim).first)
      #expect(reply["acked"]?.bool == true, "\(claim) \(reply)")
      try eventually("WeChat is asked") { try site.questions(about: refund) > asked }
      try settleQuestion(refund)
      #expect(try site.refund(refund)["state"]?.string == "processing", "\(claim)")
      #expect(try site.reserved(order) == 500, "\(claim)")
      #expect(try site.alarms(order) == [], "\(claim)")
    }
  }

  /// Waits until the duty that asked has recorded what it was told.
  private func settleQuestion(_ refund: String) throws {
    try eventually("the duty is given back") {
      try self.site.query("SELECT lease_until FROM duty WHERE subject = '\(refund)'")
        .allSatisfy { try $0.integer("lease_until") == 0 }
    }
  }
}

extension Site {
  /// What the merchant's view of an order says is refunded, which is what its buyer reads.
  fileprivate func buyerSees(_ order: String) throws -> Int64? {
    try merchantOrder(order)["refunded_fee"]?.integer
  }
}
