import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// The ends of a refund: closed, abnormal, without money or certificate, or made by hand.
@Suite(.serialized) struct RefundEndTests {
  private static let site = Result { try Site.forRefunds() }
  private let site: Site

  init() throws { site = try Self.site.get() }

  private func processingRefund() throws -> (order: String, buyer: Site.Buyer, refund: String) {
    let (order, buyer) = try site.paidOrder()
    try site.outcome("processing", ofOrder: order)
    let refund = Site.refundNumber()
    #expect(try site.refund(order, fee: 1990, refundNumber: refund).status == 201)
    try site.waitUntil(refund, is: "processing")
    return (order, buyer, refund)
  }

  @Test func `a refund that WeChat closed frees its amount for another number`() throws {
    let (order, buyer, refund) = try processingRefund()
    #expect(try site.refund(order, fee: 1).code == "REFUND_EXCEEDS_PAYMENT")
    try site.finish(refund, "REFUNDCLOSE")
    try site.waitUntil(refund, is: "closed")
    #expect(try site.reserved(order) == 0)
    #expect(try site.buyerOrder(order, buyer)["refunded_fee"]?.integer == 0)
    // The closed number says what became of it, and is never sent again.
    let same = try site.refund(order, fee: 1990, refundNumber: refund)
    #expect(same.status == 200 && same.json["state"]?.string == "closed", "\(same.text)")
    #expect(try site.decide("retry", refund).code == "REFUND_STATE_CONFLICT")
    #expect(try site.transmissions(refund).count == 1)

    try site.outcome("success", ofOrder: order)
    let another = Site.refundNumber()
    #expect(try site.refund(order, fee: 1990, refundNumber: another).status == 201)
    try site.waitUntil(another, is: "succeeded")
    #expect(try site.buyerOrder(order, buyer)["refunded_fee"]?.integer == 1990)
  }

  @Test func `an abnormal refund is a task for a person until WeChat reports its end`() throws {
    let (order, buyer, refund) = try processingRefund()
    try site.finish(refund, "CHANGE")
    try site.waitUntil(refund, is: "abnormal")
    #expect(try site.alarms(order) == ["refund_abnormal"])
    #expect(try site.reserved(order) == 1990, "it may still be paid out")
    #expect(try site.buyerOrder(order, buyer)["refunded_fee"]?.integer == 0)
    let tasks = try site.send(
      "GET", "/wxpay/merchant/refunds?state=abnormal", token: site.reviewer)
    let task = try #require(
      tasks.json["refunds"]?.array?.first { $0["out_refund_no"]?.string == refund })
    #expect(task["openid"]?.string == buyer.openID)
    #expect(task["refund_fee"]?.integer == 1990)
    #expect(task["waiting_for"]?.string == "person")

    try site.finish(refund, "SUCCESS")
    try site.waitUntil(refund, is: "succeeded")
    #expect(try site.alarms(order) == [])
    #expect(try site.refund(refund)["waiting_for"] == .null)
    #expect(try site.transmissions(refund).count == 1)
  }

  @Test func `an abnormal refund that WeChat closes in the end frees its amount`() throws {
    let (order, _, refund) = try processingRefund()
    try site.finish(refund, "CHANGE")
    try site.waitUntil(refund, is: "abnormal")
    try site.finish(refund, "REFUNDCLOSE")
    try site.waitUntil(refund, is: "closed")
    #expect(try site.alarms(order) == [])
    #expect(try site.reserved(order) == 0)
  }

  @Test func `a closing after success is an alarm and takes nothing back`() throws {
    let (order, buyer, refund) = try processingRefund()
    try site.finish(refund, "SUCCESS")
    try site.waitUntil(refund, is: "succeeded")
    // WeChat's own books change their mind: what the simulator's levers do not allow.
    try site.stopWeChat()
    let ledger = site.folder.file("wechat/ledger.log")
    let at = Int(Date().timeIntervalSince1970 * 1_000_000)
    let line =
      #"{"at":\#(at),"event":"refund_finished","out_refund_no":"\#(refund)","refund_status":"REFUNDCLOSE"}"#
    let file = try #require(FileHandle(forWritingAtPath: ledger))
    try file.seekToEnd()
    try file.write(contentsOf: Data((line + "\n").utf8))
    try file.close()
    try site.startWeChat()
    try eventually("the contradiction is told") {
      try self.site.alarms(order) == ["refund_mismatch"]
    }
    #expect(try site.refund(refund)["state"]?.string == "succeeded")
    #expect(try site.reserved(order) == 1990)
    #expect(try site.buyerOrder(order, buyer)["refunded_fee"]?.integer == 1990)
  }

  @Test func `without money a refund waits visibly and goes on with the same number`() throws {
    let site = try Site.forRefunds()
    let (order, buyer) = try site.paidOrder()
    try site.control("POST", "balance", ["fen": 100])
    let refund = Site.refundNumber()
    let reply = try site.refund(order, fee: 1990, refundNumber: refund)
    #expect(reply.status == 201, "\(reply.text)")
    let remark = try site.waitUntil(refund, waitsFor: "funds")["remark"]?.string
    #expect(remark?.contains("NOTENOUGH") == true, "\(remark ?? "")")
    #expect(try site.weChatRefunds(of: order) == [])
    let view = try site.buyerOrder(order, buyer)["refunds"]?.array?.first
    #expect(view?["waiting_for"] == nil && view?["remark"] == nil, "\(String(describing: view))")
    // Told before there is money, it says so once more, and nothing else happens.
    #expect(try site.decide("retry", refund).status == 200)
    try site.waitUntil(refund, waitsFor: "funds")
    try site.control("POST", "balance", ["fen": 1990])
    let retry = try site.decide("retry", refund)
    #expect(retry.status == 200 || retry.code == "REFUND_STATE_CONFLICT", "\(retry.text)")
    try site.waitUntil(refund, is: "succeeded")
    let sent = try site.transmissions(refund)
    #expect(sent.count >= 2 && Set(sent.map(\.bytes)).count == 1, "\(sent)")
    #expect(sent[0]["refund_account"] == nil)
    #expect(try site.control("GET", "balance").json["fen"]?.integer == 0)
  }

  @Test func `another account is tried only where the merchant allows it`() throws {
    let site = try Site.forRefunds()
    try site.reconfigure { $0 + "    refund_account_fallback: REFUND_SOURCE_RECHARGE_FUNDS\n" }
    let (order, _) = try site.paidOrder()
    let refund = Site.refundNumber()
    // As often as it takes: an answer may be lost on a busy machine.
    try site.fault("refund", "refuse", of: refund, code: "NOTENOUGH", count: 0)
    #expect(try site.refund(order, fee: 1990, refundNumber: refund).status == 201)
    try eventually("the other account is tried") {
      try site.transmissions(refund).contains { $0["refund_account"] != nil }
    }
    try site.clearFaults()
    try site.waitUntil(refund, is: "succeeded")
    let sent = try site.transmissions(refund)
    let accounts = sent.map { $0["refund_account"]?.string }
    #expect(accounts.first == .some(nil) && accounts.last == "REFUND_SOURCE_RECHARGE_FUNDS")
    #expect(Set(accounts).count == 2)
    let rest = sent.map { transmission in
      JSON.object((transmission.members ?? []).filter { $0.name != "refund_account" })
    }
    #expect(Set(rest.map(\.bytes)).count == 1, "\(sent)")
    #expect(try site.weChatRefunds(of: order).count == 1)
  }

  // MARK: the certificate

  @Test func `without a certificate nothing is sent and a person can still take it back`() throws {
    let site = try Site.forRefunds(.init(hasCertificate: false))
    let (order, _) = try site.paidOrder()
    let refund = Site.refundNumber()
    let reply = try site.refund(order, fee: 1990, refundNumber: refund)
    #expect(reply.status == 201, "\(reply.text)")
    let waiting = try site.waitUntil(refund, waitsFor: "configuration")
    #expect(waiting["remark"]?.string?.contains("certificate") == true, "\(waiting)")
    #expect(waiting["sends"]?.integer == 0, "\(waiting)")
    #expect(try site.transmissions() == [])
    let withdrawal = try site.decide("withdraw", refund, ["reason": "没有证书"])
    #expect(withdrawal.json["state"]?.string == "withdrawn", "\(withdrawal.text)")
    #expect(try site.reserved(order) == 0)
  }

  @Test func `a certificate that WeChat does not take is a fault of the configuration`() throws {
    let site = try Site.forRefunds()
    let own = try String(contentsOfFile: site.configuration, encoding: .utf8)
    let folder = site.folder.file("stranger")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    let stranger = try CertificateAuthority(in: folder).client(Site.merchantID)
    for file in [stranger.certificateFile, stranger.privateKeyFile] {
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    }
    try site.reconfigure { text in
      text.replacing(/(?<key>certificate_file|private_key_file): ".*"/) { match in
        let file =
          match.key == "certificate_file" ? stranger.certificateFile : stranger.privateKeyFile
        return "\(match.key): \"\(file)\""
      }
    }
    let (order, _) = try site.paidOrder()
    let refund = Site.refundNumber()
    #expect(try site.refund(order, fee: 1990, refundNumber: refund).status == 201)
    let waiting = try site.waitUntil(refund, waitsFor: "configuration")
    #expect(waiting["state"]?.string == "sending")
    #expect(try site.transmissions() == [])
    #expect(try site.reserved(order) == 1990)
    try site.reconfigure { _ in own }
    _ = try site.decide("retry", refund)
    try site.waitUntil(refund, is: "succeeded")
    #expect(try site.transmissions(refund).count == 1)
  }

  // MARK: on the merchant platform

  private func refundByHand(
    _ site: Site, _ order: String, fee: Int64, number: String? = nil
  ) throws -> String {
    let reply = try site.control(
      "POST", "refund-by-hand",
      [
        "out_trade_no": .string(order), "refund_fee": JSON(fee), "out_refund_no": JSON(number),
        "notify_url": .string(site.nginx.shopURL + "/wxpay/receive-refund-notify"),
      ])
    return try #require(reply.json["out_refund_no"]?.string, "\(reply.text)")
  }

  @Test func `a refund by hand is taken into the books and counts`() throws {
    let (order, buyer) = try site.paidOrder()
    let number = try refundByHand(site, order, fee: 500)
    try site.waitUntil(number, is: "succeeded")
    let refund = try site.refund(number)
    #expect(refund["kind"]?.string == "vendor_platform")
    #expect(refund["refund_fee"]?.integer == 500)
    let view = try site.buyerOrder(order, buyer)
    #expect(view["refunded_fee"]?.integer == 500)
    #expect(try site.refund(order, fee: 1491).code == "REFUND_EXCEEDS_PAYMENT")
    let rest = Site.refundNumber()
    #expect(try site.refund(order, fee: 1490, refundNumber: rest).status == 201)
    try site.waitUntil(rest, is: "succeeded")
    #expect(try site.buyerOrder(order, buyer)["refunded_fee"]?.integer == 1990)
    #expect(try site.alarms(order) == [])
  }

  @Test func `a number that cannot be read hides no other refund, and is one alarm`() throws {
    let (order, _) = try site.paidOrder()
    let odd = "TK.2026.11.25/\(order)"
    _ = try refundByHand(site, order, fee: 300, number: odd)
    try eventually("a person is told") { try site.alarms(order) == ["refund_unreadable"] }
    // Its message is none of the payment's.
    #expect(
      try site.count(
        "notification", where: "out_trade_no = '\(order)' AND out_refund_no IS NULL") == 1)
    // Each one that can be read has WeChat asked about all of them.
    for fee in [500, 490] as [Int64] {
      let number = try refundByHand(site, order, fee: fee)
      try site.waitUntil(number, is: "succeeded")
    }
    #expect(try site.alarms(order) == ["refund_unreadable"])
    let lines = (try site.merchantOrder(order)["timeline"]?.array ?? []).filter {
      $0["event"]?.string == "refund_unreadable"
    }
    #expect(lines.count == 1, "\(lines)")
    #expect(lines.first?["detail"]?.string?.contains(odd) == true, "\(lines)")
    #expect(
      try site.count("alarm", where: "order_no = '\(order)' AND kind = 'refund_unreadable'") == 1)
    #expect(try site.merchantOrder(order)["refunded_fee"]?.integer == 990)
  }

  @Test func `a refund of more than was paid hides no other, and is one alarm`() throws {
    let site = try Site.forRefunds()
    let (order, _) = try site.paidOrder()
    // The first of the list, by one fen more than the payment.
    try site.fault("refundquery", "wrong_refund_fee", count: 0)
    try site.outcome("processing", ofOrder: order)
    let tooMuch = try refundByHand(site, order, fee: 1990)
    try site.finish(tooMuch, "REFUNDCLOSE")
    try eventually("a person is told") { try site.alarms(order) == ["refund_unreadable"] }
    try site.outcome("success", ofOrder: order)
    let number = try refundByHand(site, order, fee: 500)
    try site.waitUntil(number, is: "succeeded")
    #expect(try site.alarms(order) == ["refund_unreadable"])
    #expect(try site.count("refund", where: "out_refund_no = '\(tooMuch)'") == 0)
    let detail = try site.query(
      "SELECT detail FROM alarm WHERE order_no = '\(order)'")[0].text("detail")
    #expect(detail.contains("\(tooMuch) (¥19.91)"), "\(detail)")
    #expect(try site.merchantOrder(order)["refunded_fee"]?.integer == 500)
    try eventually("the list was understood") {
      try site.count(
        "duty", where: "kind = 'platform_refunds' AND subject = '\(order)' AND done_at IS NULL")
        == 0
    }
  }

  @Test func `a refund by hand that collides with an application stops it`() throws {
    let (order, buyer) = try site.paidOrder()
    let application = try site.applyForRefund(of: order, buyer, fee: 1990)
    let refund = try #require(application.json["out_refund_no"]?.string)
    let byHand = try refundByHand(site, order, fee: 500)
    try site.waitUntil(byHand, is: "succeeded")
    #expect(try site.alarms(order) == ["refund_overlap"])
    let approval = try site.decide("approve", refund)
    #expect(approval.status == 200, "\(approval.text)")
    let waiting = try site.waitUntil(refund, waitsFor: "person")
    #expect(waiting["state"]?.string == "approved")
    #expect(try site.transmissions(refund) == [])
    let withdrawal = try site.decide("withdraw", refund, ["reason": "已在商户平台退款"])
    #expect(withdrawal.json["state"]?.string == "withdrawn", "\(withdrawal.text)")
    #expect(try site.reserved(order) == 500)
    let rest = Site.refundNumber()
    #expect(try site.refund(order, fee: 1490, refundNumber: rest).status == 201)
    try site.waitUntil(rest, is: "succeeded")
    #expect(try site.transmissions(refund) == [])
  }
}
