import MariaDB
import Server
import TestSupport
import Testing

/// What keeps a refund from its end is seen, keeps no other refund, and has a way out.
@Suite struct RefundTroubleTests {
  @Test func `a refund that cannot leave holds back no other`() throws {
    let site = try Site()
    let (broken, _) = try site.paidOrder()
    try site.control("POST", "balance", ["fen": .number("0")])
    let reply = try site.refund(broken, fee: 1990, refundNumber: "broken-\(broken)")
    #expect(reply.json["waiting_for"]?.string == "funds", "\(reply.text)")
    try site.control("POST", "balance", ["fen": .null])
    // As after the merchant moved to another mini-program.
    try site.execute(
      "UPDATE refund SET parameters = REPLACE(parameters, '\(Site.appID)', 'wxformer0000000001')")
    let (number, _) = try site.paidOrder()
    let retry = try site.decide("retry", "broken-\(broken)", token: site.cashier)
    #expect(retry.json["waiting_for"]?.string == "configuration", "\(retry.text)")
    let other = try site.refund(number, fee: 1990)
    #expect(other.json["sends"]?.integer == 1, "\(other.text)")
  }

  @Test func `WeChat's word about a refund that was given up here is an alarm`() throws {
    let site = try Site(.withDuties)
    let (number, _) = try site.paidOrder()
    let refund = "R-\(number)"
    #expect(try site.refund(number, fee: 1990, refundNumber: refund).status == 201)
    try site.waitUntil(refund, is: "succeeded")
    // As if a send had come to life long after WeChat was asked about it.
    try site.execute("UPDATE refund SET state = 'refused', refund_id = NULL")
    // What was said before makes nothing due, and it says the same.
    try site.execute("DELETE FROM notification WHERE out_refund_no IS NOT NULL")
    try site.control(
      "POST", "refund-notify", ["out_refund_no": .string(refund), "count": .number("1")])
    try eventually("a person is told") {
      try site.merchantOrder(number)["alarms"]?.array?.compactMap(\.string) == ["refund_mismatch"]
    }
    #expect(try site.refund(refund)["state"]?.string == "refused")
  }

  @Test func `a refund that WeChat does not talk about tells so`() throws {
    let site = try Site(.withDuties)
    let (number, _) = try site.paidOrder()
    let refund = "R-\(number)"
    try site.control("POST", "refund-outcome", ["outcome": "processing"])
    try site.fault("refundquery", "wrong_signature", count: 0)
    #expect(try site.refund(number, fee: 1990, refundNumber: refund).status == 201)
    try eventually("people see it") {
      try site.refund(refund)["remark"]?.string?.contains("signature") == true
    }
    #expect(try site.refund(refund)["state"]?.string == "processing")
    #expect(try site.refund(refund)["waiting_for"]?.string == "wechat")
    try site.clearFaults()
    try eventually("nothing is the matter any more") {
      try site.refund(refund)["remark"]?.isNull == true
    }
    #expect(try site.refund(refund)["state"]?.string == "processing")
  }

  @Test func `who withdraws what is on its way does not have WeChat asked too early`() throws {
    // At its own pace: what is on its way has five seconds to arrive.
    let site = try Site.forRefunds(.init(haste: 1))
    let (number, _) = try site.paidOrder()
    let refund = Site.refundNumber()
    try site.fault("refund", "drop_after", of: refund)
    // WeChat's own word would be reason enough to ask.
    try site.fault("refund_notify", "lose", of: refund, count: 0)
    let begun = ContinuousClock.now
    let reply = try site.refund(number, fee: 1990, refundNumber: refund)
    #expect(reply.json["waiting_for"]?.string == "wechat", "\(reply.text)")
    let withdrawal = try site.decide("withdraw", refund, ["reason": "算了"])
    #expect(withdrawal.code == "REFUND_STATE_CONFLICT", "\(withdrawal.text)")
    try eventually("WeChat is asked") { try site.questions(about: refund) > 0 }
    #expect(ContinuousClock.now - begun > .seconds(5))
    try site.waitUntil(refund, is: "succeeded")
    #expect(try site.transmissions(refund).count == 1)
  }

  /// With nobody but the person at it: what is sent then, the withdrawal has sent.
  @Test(arguments: ["drop_before", "systemerror_before", "html_502"])
  func `who withdraws what WeChat may not have does not send it`(fault: String) throws {
    let site = try Site()
    let (number, _) = try site.paidOrder()
    let refund = "R-\(number)"
    try site.fault("refund", fault, of: refund)
    let reply = try site.refund(number, fee: 1990, refundNumber: refund)
    #expect(reply.json["state"]?.string == "sending", "\(reply.text)")
    let sends = try site.refund(refund)["sends"]?.integer
    let transmissions = try site.transmissions(refund).count
    // Its time has come: to go on with it now is to ask, and, as WeChat does not know it, to send.
    try eventually("it is due") { try site.isDue(refund) }
    let withdrawal = try site.decide("withdraw", refund, ["reason": "算了"])
    #expect(withdrawal.code == "REFUND_STATE_CONFLICT", "\(withdrawal.text)")
    let after = try site.refund(refund)
    #expect(after["state"]?.string == "sending")
    #expect(after["sends"]?.integer == sends)
    #expect(try site.transmissions(refund).count == transmissions)
    #expect(try site.weChatRefunds(of: number) == [])
  }

  @Test(arguments: ["NOTENOUGH", "SOMETHING_NEW"])
  func `who gives up what WeChat has refused does not send it`(code: String) throws {
    let site = try Site()
    let (number, _) = try site.paidOrder()
    let refund = "R-\(number)"
    // Now it would be taken: a refund that is sent again moves money.
    try site.fault("refund", "refuse", of: refund, code: code, count: code == "NOTENOUGH" ? 1 : 3)
    _ = try site.refund(number, fee: 1990, refundNumber: refund)
    let wait = code == "NOTENOUGH" ? "funds" : "person"
    try eventually("it waits for \(wait)") {
      let view = try site.refund(refund)
      if view["waiting_for"]?.string == wait { return true }
      if try site.isDue(refund) { _ = try site.command(["sweep"]) }
      return false
    }
    let transmissions = try site.transmissions(refund).count
    try eventually("it is due") { try site.isDue(refund) }
    let withdrawal = try site.decide("withdraw", refund, ["reason": "算了"])
    #expect(withdrawal.json["state"]?.string == "refused", "\(withdrawal.text)")
    #expect(try site.transmissions(refund).count == transmissions)
    #expect(try site.weChatRefunds(of: number) == [])
    #expect(try site.reserved(number) == 0)
  }

  @Test func `late money goes back although somebody else was at the payment`() throws {
    let site = try Site(Site.Options(hasDuties: true, latePayment: "refund"))
    let (number, _, payment) = try site.unpaidOrder()
    try site.execute(
      "UPDATE payment SET state = 'closed', closing = 'merchant' WHERE out_trade_no = '\(number)'")
    // Whenever the late refund is recorded, another has just reserved a fen.
    try site.execute(
      """
      CREATE TRIGGER intruder BEFORE INSERT ON refund FOR EACH ROW
      UPDATE payment SET reserved_fee = reserved_fee + 1
      """)
    try site.confirm(payment)
    try eventually("the late payment is looked after") {
      try site.count("duty", where: "kind = 'late_payment' AND lease > 0 AND lease_until = 0") == 1
    }
    try site.execute("DROP TRIGGER intruder")
    try eventually("the money has gone back") {
      try site.merchantOrder(number)["refunded_fee"]?.integer == 1990
    }
  }

  @Test func `the merchant takes back what WeChat has refused for want of money`() throws {
    let site = try Site(.withDuties)
    try site.control("POST", "refund-spacing", ["seconds": 0])
    let (number, _) = try site.paidOrder()
    try site.control("POST", "balance", ["fen": 0])
    _ = try site.refund(number, fee: 1990, refundNumber: "first-\(number)")
    try eventually("it waits for money") {
      try site.refund("first-\(number)")["waiting_for"]?.string == "funds"
    }
    try eventually("it is taken back") {
      // Now and then a worker is just trying again.
      try site.decide("withdraw", "first-\(number)", ["reason": "paid in cash"]).status == 200
    }
    let refund = try site.refund("first-\(number)")
    #expect(refund["state"]?.string == "refused")
    #expect(refund["remark"]?.string?.contains("paid in cash") == true)
    try site.control("POST", "balance", ["fen": .null])
    let again = try site.refund(number, fee: 1990, refundNumber: "second-\(number)")
    #expect(again.status == 201, "\(again.text)")
    try site.waitUntil("second-\(number)", is: "succeeded")
    #expect(try site.refund("first-\(number)")["state"]?.string == "refused")
  }

  @Test func `what WeChat has is not taken back, whatever it said before`() throws {
    let site = try Site()
    let (number, _) = try site.paidOrder()
    let fault = try site.control(
      "POST", "fault",
      ["endpoint": "refund", "fault": "refuse_after", "code": "NOTENOUGH", "count": 1])
    #expect(fault.status == 200, "\(fault.text)")
    let reply = try site.refund(number, fee: 1990, refundNumber: "R-\(number)")
    #expect(reply.json["waiting_for"]?.string == "funds", "\(reply.text)")
    let withdrawal = try site.decide("withdraw", "R-\(number)", ["reason": "paid in cash"])
    #expect(withdrawal.status == 409, "\(withdrawal.text)")
    #expect(try site.refund("R-\(number)")["state"]?.string == "succeeded")
  }

  @Test func `what WeChat refuses again and again for no known reason is left to a person`() throws
  {
    let site = try Site(.withDuties)
    let orders = try (0..<2).map { _ in try site.paidOrder().number }
    for order in orders {
      try site.fault("refund", "refuse", of: "R-\(order)", code: "SOMETHING_NEW", count: 0)
      #expect(try site.refund(order, fee: 1990, refundNumber: "R-\(order)").status == 201)
    }
    for order in orders {
      let refund = try site.waitUntil("R-\(order)", waitsFor: "person")
      #expect(refund["state"]?.string == "sending")
      #expect(refund["remark"]?.string?.contains("SOMETHING_NEW") == true, "\(refund)")
    }
    // WeChat does not know it: it can be given up …
    try eventually("it is withdrawn") {
      try site.decide("withdraw", "R-\(orders[0])", ["reason": "算了"]).status == 200
    }
    #expect(try site.refund("R-\(orders[0])")["state"]?.string == "refused")
    #expect(try site.reserved(orders[0]) == 0)
    // … or sent again, when a person wants it so, and only then.
    try eventually("WeChat was asked") {
      try site.query("SELECT unanswered FROM refund WHERE out_refund_no = 'R-\(orders[1])'")[0]
        .integer("unanswered") == 0
    }
    for order in orders { #expect(try site.transmissions("R-\(order)").count == 3) }
    try site.clearFaults()
    let retry = try site.decide("retry", "R-\(orders[1])")
    #expect(retry.status == 200, "\(retry.text)")
    try site.waitUntil("R-\(orders[1])", is: "succeeded")
    #expect(try site.transmissions("R-\(orders[1])").count == 4)
    #expect(try site.weChatRefunds(of: orders[1]).count == 1)
    #expect(try site.weChatRefunds(of: orders[0]) == [])
  }

  @Test func `commands say why a refund waits, when it is tried again, and what a retry came to`()
    throws
  {
    let site = try Site()
    let (order, _) = try site.paidOrder()
    let refund = "R-\(order)"
    try site.control("POST", "balance", ["fen": 0])
    _ = try site.refund(order, fee: 1990, refundNumber: refund)
    for arguments in [["list", "--waiting", "funds"], ["show", refund], ["show", order]] {
      let told = try site.command(["refund"] + arguments)
      #expect(told.code == 0)
      for words in [refund, "NOTENOUGH", "next try"] {
        #expect(told.output.contains(words), "\(arguments): \(told.output)")
      }
    }
    #expect(try site.command(["refund", "list", "--waiting", "person"]).output == "")
    #expect(
      try site.send(
        "GET", "/wxpay/merchant/refunds?waiting_for=funds", token: site.cashier
      ).json["refunds"]?.array?.count == 1)
    try site.control("POST", "balance", ["fen": .null])
    let retry = try site.command(["refund", "retry", refund])
    #expect(retry.code == 0)
    #expect(retry.output.contains("It was sent"), "\(retry.output)")
    let id = try #require(try site.refund(refund)["refund_id"]?.string)
    let shown = try site.command(["refund", "show", id, "--json"])
    let view = try JSON(parsing: Array(shown.output.utf8))
    #expect(view["out_refund_no"]?.string == refund)
    #expect(try site.refund(id)["out_refund_no"]?.string == refund)
    // The same wish again is the same refund, and says so.
    let again = try site.refund(order, fee: 1990, refundNumber: refund)
    #expect(again.status == 200 && again.json["repeated"]?.bool == true, "\(again.text)")
    #expect(try site.command(["refund", "show", "50300000000000000000"]).code == 1)
  }

  @Test func `a mended configuration frees all refunds as soon as one is tried again`() throws {
    // At its own pace: a pause is a minute, and the next try would be later still.
    let site = try Site(Site.Options(haste: 1, hasDuties: true))
    let orders = try (0..<3).map { _ in try site.paidOrder().number }
    try site.folder.write("m3Vn2QxT5mZc7LrB9sWd3FgHj4KpYa6E", to: "api.key")
    try site.restartGateway()
    for order in orders {
      let reply = try site.refund(order, fee: 1990, refundNumber: "R-\(order)")
      #expect(reply.status == 201, "\(reply.text)")
      // Also those that were not sent say why.
      #expect(reply.json["waiting_for"]?.string == "configuration", "\(reply.text)")
      #expect(reply.json["remark"]?.string?.contains("签名错误") == true, "\(reply.text)")
    }
    #expect(try site.refund("R-\(orders[0])")["state"]?.string == "sending")
    #expect(try site.refund("R-\(orders[2])")["state"]?.string == "approved")
    #expect(try site.refund("R-\(orders[2])")["next_try_at"]?.string != nil)
    try site.folder.write("k8Vn2QxT5mZc7LrB9sWd3FgHj4KpYa6E", to: "api.key")
    try site.restartGateway()
    let begun = ContinuousClock.now
    let retry = try site.decide("retry", "R-\(orders[1])")
    #expect(retry.json["sends"]?.integer == 1, "\(retry.text)")
    for order in orders { try site.waitUntil("R-\(order)", is: "succeeded") }
    // The minute of the pause was not waited for.
    #expect(ContinuousClock.now - begun < .seconds(45))
    for order in orders { #expect(try site.weChatRefunds(of: order).count == 1) }
  }

  @Test func `a number that somebody has taken for another refund is an alarm`() throws {
    let site = try Site(Site.Options(hasDuties: true, latePayment: "refund"))
    let (number, _, payment) = try site.unpaidOrder()
    let (other, _) = try site.paidOrder()
    let taken = try site.refund(other, fee: 1, refundNumber: "LATE-\(number)")
    #expect(taken.status == 201, "\(taken.text)")
    try site.execute(
      "UPDATE payment SET state = 'closed', closing = 'merchant' WHERE out_trade_no = '\(number)'")
    try site.confirm(payment)
    try eventually("a person is told") {
      try site.alarms(number).contains("refund_number_taken")
    }
    #expect(try site.reserved(number) == 0)
  }

  @Test func `a refund by hand is not forgotten because its status is not understood`() throws {
    let site = try Site(.withDuties)
    let (number, _) = try site.paidOrder()
    // Until somebody teaches the gateway the word.
    try site.fault("refundquery", "unknown_refund_status", count: 0)
    try site.control(
      "POST", "refund-by-hand",
      [
        "out_trade_no": .string(number), "refund_fee": 1990,
        "notify_url": .string(site.nginx.shopURL + "/wxpay/receive-refund-notify"),
      ])
    try eventually("WeChat was asked") {
      try site.count("duty", where: "kind = 'platform_refunds' AND lease > 0 AND lease_until = 0")
        == 1
    }
    try site.clearFaults()
    try eventually("the refund is in the books") {
      try site.merchantOrder(number)["refunded_fee"]?.integer == 1990
    }
  }
}

extension Site {
  /// Whether something is to be done about a refund now.
  fileprivate func isDue(_ refund: String) throws -> Bool {
    try count(
      "duty",
      where: "kind = 'refund' AND subject = '\(refund)' AND done_at IS NULL AND lease_until = 0"
        + " AND due_at <= CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)") == 1
  }
}
