import MariaDB
import Server
import TestSupport
import Testing

/// The way of an application over the merchant's desk.
@Suite(.serialized) struct RefundReviewTests {
  private static let site = Result { try Site.forRefunds() }
  private let site: Site

  init() throws { site = try Self.site.get() }

  /// A paid order of 1990 fen whose buyer has applied for a refund.
  private func application(
    fee: Int64? = nil, kind: String = "unshipped"
  ) throws -> (order: String, buyer: Site.Buyer, refund: String) {
    let (order, buyer) = try site.paidOrder()
    let reply = try site.applyForRefund(of: order, buyer, fee: fee, kind: kind)
    try #require(reply.status == 201, "\(reply.text)")
    return (order, buyer, try #require(reply.json["out_refund_no"]?.string))
  }

  private func expect(
    _ code: String, _ status: Int, _ reply: Site.Reply,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      reply.code == code && reply.status == status, "\(reply.status) \(reply.text)",
      sourceLocation: sourceLocation)
  }

  /// The refund as its buyer reads it.
  private func buyersView(_ order: String, _ buyer: Site.Buyer) throws -> JSON {
    try #require(try site.buyerOrder(order, buyer)["refunds"]?.array?.first)
  }

  @Test func `goods come back before money does`() throws {
    let (order, buyer, refund) = try application(kind: "returned")
    expect("REFUND_STATE_CONFLICT", 409, try site.decide("received", refund))
    let approval = try site.decide("approve", refund, ["reason": "请寄回"])
    #expect(approval.json["state"]?.string == "awaiting_goods", "\(approval.text)")
    #expect(try buyersView(order, buyer)["review_reason"]?.string == "请寄回")
    // Nobody's impatience sends it: neither a second consent, nor `retry`, nor a sweep.
    #expect(try site.decide("approve", refund).json["state"]?.string == "awaiting_goods")
    expect("REFUND_STATE_CONFLICT", 409, try site.decide("retry", refund))
    #expect(try site.command(["sweep"]).code == 0)
    #expect(try site.transmissions(refund) == [])
    #expect(try site.buyerOrder(order, buyer)["refunded_fee"]?.integer == 0)

    let receipt = try site.decide("received", refund)
    #expect(receipt.status == 200, "\(receipt.text)")
    try site.waitUntil(refund, is: "succeeded")
    #expect(try site.transmissions(refund).count == 1)
    // Once more changes nothing.
    #expect(try site.decide("received", refund).json["state"]?.string == "succeeded")
    #expect(try site.transmissions(refund).count == 1)
  }

  @Test func `goods that never come end in a refusal`() throws {
    let (order, buyer, refund) = try application(kind: "returned")
    #expect(try site.decide("approve", refund).status == 200)
    #expect(try site.decide("reject", refund, ["reason": "未收到退货"]).status == 200)
    expect("REFUND_STATE_CONFLICT", 409, try site.decide("received", refund))
    #expect(try site.transmissions(refund) == [])
    #expect(try site.reserved(order) == 0)
    #expect(try buyersView(order, buyer)["state"]?.string == "rejected")
  }

  @Test func `approving less needs a reason, which the buyer reads`() throws {
    let (order, buyer, refund) = try application()
    expect("MALFORMED_REQUEST", 400, try site.decide("approve", refund, ["refund_fee": 1500]))
    expect(
      "MALFORMED_REQUEST", 400,
      try site.decide("approve", refund, ["refund_fee": 1500, "reason": "  "]))
    #expect(try site.refund(refund)["state"]?.string == "applied")
    expect(
      "REFUND_CONFLICT", 409,
      try site.decide("approve", refund, ["refund_fee": 1991, "reason": "多退"]))
    #expect(try site.refund(refund)["state"]?.string == "applied")

    let approval = try site.decide("approve", refund, ["refund_fee": 1500, "reason": "扣除运费"])
    #expect(approval.status == 200, "\(approval.text)")
    try site.waitUntil(refund, is: "succeeded")
    #expect(try site.transmissions(refund).map { $0["refund_fee"]?.string } == ["1500"])
    let view = try buyersView(order, buyer)
    #expect(view["refund_fee"]?.integer == 1500 && view["applied_fee"]?.integer == 1990)
    #expect(view["review_reason"]?.string == "扣除运费")
    #expect(try site.buyerOrder(order, buyer)["refunded_fee"]?.integer == 1500)
    #expect(try site.reserved(order) == 1500)
    // A second consent to another amount is no repetition.
    expect(
      "REFUND_CONFLICT", 409,
      try site.decide("approve", refund, ["refund_fee": 1400, "reason": "再扣"]))
    // What was not approved can be applied for again.
    #expect(try site.applyForRefund(of: order, buyer).json["refund_fee"]?.integer == 490)
  }

  @Test func `a rejection says why`() throws {
    let (order, buyer, refund) = try application()
    for body: JSON in [[:], ["reason": .null], ["reason": ""], ["reason": "\u{1}"]] {
      expect("MALFORMED_REQUEST", 400, try site.decide("reject", refund, body))
    }
    #expect(try site.decide("reject", refund, ["reason": "已发货"]).status == 200)
    let view = try buyersView(order, buyer)
    #expect(view["state"]?.string == "rejected" && view["review_reason"]?.string == "已发货")
    for verb in ["approve", "received"] {
      expect("REFUND_STATE_CONFLICT", 409, try site.decide(verb, refund))
    }
    expect("REFUND_STATE_CONFLICT", 409, try site.decide("withdraw", refund, ["reason": "x"]))
    #expect(try site.transmissions(refund) == [])
    // Undecided no more: the same wish is a new one.
    let again = try site.applyForRefund(of: order, buyer)
    #expect(again.status == 201 && again.json["out_refund_no"]?.string != refund)
  }

  @Test func `what was not sent can be withdrawn, what was sent cannot`() throws {
    let withdraw: (String, String, Site.Buyer) throws -> Site.Reply = { order, refund, buyer in
      try site.send(
        "POST", "/wxpay/refund-withdraw", token: buyer.token,
        json: ["out_trade_no": .string(order), "out_refund_no": .string(refund)])
    }
    let (order, buyer, refund) = try application()
    #expect(try withdraw(order, refund, buyer).json["state"]?.string == "withdrawn")
    #expect(try withdraw(order, refund, buyer).status == 200)
    expect("REFUND_STATE_CONFLICT", 409, try site.decide("approve", refund))
    #expect(try site.reserved(order) == 0)
    #expect(try site.transmissions(refund) == [])

    let second = try #require(
      try site.applyForRefund(of: order, buyer).json["out_refund_no"]?.string)
    expect("MALFORMED_REQUEST", 400, try site.decide("withdraw", second))
    let byMerchant = try site.decide("withdraw", second, ["reason": "与买家协商"])
    #expect(byMerchant.json["state"]?.string == "withdrawn", "\(byMerchant.text)")

    try site.outcome("processing", ofOrder: order)
    let third = try #require(
      try site.applyForRefund(of: order, buyer).json["out_refund_no"]?.string)
    #expect(try site.decide("approve", third).status == 200)
    try site.waitUntil(third, is: "processing")
    expect("REFUND_STATE_CONFLICT", 409, try withdraw(order, third, buyer))
    expect("REFUND_STATE_CONFLICT", 409, try site.decide("withdraw", third, ["reason": "x"]))
    expect("REFUND_STATE_CONFLICT", 409, try site.decide("reject", third, ["reason": "x"]))
    #expect(try site.refund(third)["state"]?.string == "processing")
    #expect(try site.reserved(order) == 1990)
  }

  @Test func `the queue begins with whoever has waited longest`() throws {
    let site = try Site.forRefunds()
    let applied = try (0..<5).map { _ in
      let (order, buyer) = try site.paidOrder()
      let reply = try site.applyForRefund(of: order, buyer)
      return try #require(reply.json["out_refund_no"]?.string, "\(reply.text)")
    }
    // The last one came first, more than a day ago.
    _ = try site.query(
      """
      UPDATE refund SET applied_at = applied_at - 86401000000 WHERE out_refund_no = '\(applied[4])'
      """)
    _ = try site.decide("reject", applied[2], ["reason": "x"])
    var queue: [JSON] = []
    var cursor: String?
    repeat {
      let page = try site.send(
        "GET",
        "/wxpay/merchant/refunds?state=applied&limit=2" + (cursor.map { "&cursor=\($0)" } ?? ""),
        token: site.reviewer
      ).json
      queue += page["refunds"]?.array ?? []
      cursor = page["next_cursor"]?.string
    } while cursor != nil
    #expect(
      queue.map { $0["out_refund_no"]?.string }
        == [applied[4], applied[0], applied[1], applied[3]])
    #expect(queue.map { $0["overdue"]?.bool } == [true, false, false, false])
    for query in ["state=gone", "cursor=x", "limit=0", "limit=201", "limit=x"] {
      expect(
        "MALFORMED_REQUEST", 400,
        try site.send("GET", "/wxpay/merchant/refunds?\(query)", token: site.reviewer))
    }
    let list = try site.command(["refund", "list", "--state", "applied"])
    let lines = list.output.split(separator: "\n")
    #expect(list.code == 0 && lines.count == 4, "\(list.output)")
    #expect(lines.first.map { $0.contains(applied[4]) && $0.contains("OVERDUE") } == true)
    #expect(lines.dropFirst().allSatisfy { !$0.contains("OVERDUE") })
  }

  @Test func `a cashier refunds in one call, and the order tells all of it`() throws {
    let (order, buyer) = try site.paidOrder()
    let number = Site.refundNumber()
    let reply = try site.refund(order, fee: 500, refundNumber: number, reason: "缺货一件")
    #expect(reply.status == 201, "\(reply.text)")
    try site.waitUntil(number, is: "succeeded")
    let told = try site.merchantOrder(order)
    #expect(told["refunded_fee"]?.integer == 500)
    let refund = try #require(told["refunds"]?.array?.first)
    let weChat = try #require(try site.weChatRefunds(of: order).first)
    #expect(refund["out_refund_no"]?.string == number)
    #expect(refund["refund_id"]?.string == weChat["refund_id"]?.string)
    #expect(refund["refund_fee"]?.integer == 500)
    #expect(refund["state"]?.string == "succeeded" && refund["kind"]?.string == "unshipped")
    #expect(refund["reason"]?.string == "缺货一件" && refund["review_reason"] == .null)
    #expect(refund["applied_at"]?.string?.hasSuffix("+08:00") == true)
    #expect(refund["overdue"]?.bool == false)
    let timeline = (told["timeline"]?.array ?? [])
      .filter { $0["out_refund_no"]?.string == number }
    #expect(
      timeline.compactMap { $0["to"]?.string }
        == ["applied", "approved", "sending", "processing", "succeeded"], "\(timeline)")
    #expect(timeline.allSatisfy { $0["by"]?.string?.isEmpty == false })
    #expect(timeline.first?["by"]?.string == "merchant:test-cashier")
    let view = try site.buyerOrder(order, buyer)
    for name in ["openid", "body", "attach", "timeline"] { #expect(view[name] == nil) }
    #expect(try site.transmissions(number).first?["refund_desc"]?.string == "缺货一件")
  }

  @Test func `an order that was paid twice gives each payment back by its number`() throws {
    let (order, buyer, payment) = try site.unpaidOrder()
    _ = try site.query("UPDATE shop_order SET total_fee = 1000 WHERE order_no = '\(order)'")
    let second = try site.pay(order, buyer)
    try #require(second.status == 200, "\(second.text)")
    try site.confirm(second)
    try site.waitUntilPaid(order)
    // WeChat had closed the first attempt; a payment that was under way arrives all the same.
    _ = payment
    let attempts = try site.query(
      "SELECT out_trade_no, state FROM payment WHERE order_no = '\(order)' ORDER BY out_trade_no")
    try #require(attempts.count == 2)
    let unpaid = try site.send(
      "POST", "/wxpay/merchant/orders/\(order)/refunds", token: site.cashier,
      json: ["refund_fee": 100, "reason": "x", "out_trade_no": .string(order)])
    expect("ORDER_NOT_PAID", 409, unpaid)
    let named = try site.send(
      "POST", "/wxpay/merchant/orders/\(order)/refunds", token: site.cashier,
      json: ["refund_fee": 1000, "reason": "重复支付", "out_trade_no": .string(order + "-2")])
    #expect(named.status == 201, "\(named.text)")
    try site.waitUntil(try #require(named.json["out_refund_no"]?.string), is: "succeeded")
    #expect(try site.weChatRefunds(of: order + "-2").count == 1)
    #expect(try site.weChatRefunds(of: order) == [])
    // A payment of another order is none of this one.
    let (other, _) = try site.paidOrder()
    let foreign = try site.send(
      "POST", "/wxpay/merchant/orders/\(order)/refunds", token: site.cashier,
      json: ["refund_fee": 1, "reason": "x", "out_trade_no": .string(other)])
    expect("ORDER_NOT_PAID", 409, foreign)
    #expect(try site.reserved(other) == 0)
  }

  @Test func `a clerk can do all of it from the command line`() throws {
    let (order, buyer, refund) = try application(kind: "returned")
    var answer = try site.command(["refund", "show", refund])
    #expect(answer.code == 0 && answer.output.contains("Next: waits for the merchant"))
    #expect(answer.output.contains(order))
    for (arguments, code) in [
      (["refund", "show", "R-unknown-1"], 1), (["refund", "reject", refund], 64),
      (["refund", "withdraw", refund], 64), (["refund", "received", refund], 1),
      (["refund", "approve", refund, "--refund-fee", "100"], 64),
      (["refund", "approve", refund, "--refund-fee", "0", "--reason", "x"], 64),
      (["refund", "approve", refund, "--refund-fee", "1991", "--reason", "x"], 1),
      (["refund", "retry", refund], 1), (["refund", "list", "--state", "gone"], 64),
    ] as [([String], Int32)] {
      answer = try site.command(arguments)
      #expect(answer.code == code, "\(arguments) \(answer)")
    }
    #expect(try site.refund(refund)["state"]?.string == "applied")
    answer = try site.command([
      "refund", "approve", refund, "--refund-fee", "1500", "--reason", "扣除运费",
    ])
    #expect(answer.code == 0 && answer.output.contains("awaiting_goods"), "\(answer)")
    #expect(try site.transmissions(refund) == [])
    answer = try site.command(["refund", "received", refund])
    #expect(answer.code == 0, "\(answer)")
    try site.waitUntil(refund, is: "succeeded")
    #expect(try site.transmissions(refund).map { $0["refund_fee"]?.string } == ["1500"])
    #expect(try site.command(["refund", "withdraw", refund, "--reason", "x"]).code == 1)
    #expect(try site.buyerOrder(order, buyer)["refunded_fee"]?.integer == 1500)

    let another = try #require(
      try site.applyForRefund(of: order, buyer).json["out_refund_no"]?.string)
    #expect(try site.command(["refund", "reject", another, "--reason", "已发货"]).code == 0)
    #expect(try site.refund(another)["review_reason"]?.string == "已发货")
    let last = try #require(
      try site.applyForRefund(of: order, buyer).json["out_refund_no"]?.string)
    #expect(try site.command(["refund", "withdraw", last, "--reason", "作废"]).code == 0)
    #expect(try site.refund(last)["state"]?.string == "withdrawn")
  }

  @Test func `who decides at a terminal is asked before money goes, and stands in the journal`()
    throws
  {
    let (order, _, refund) = try application()
    func deciders() throws -> [String?] {
      (try site.merchantOrder(order)["timeline"]?.array ?? []).filter {
        $0["out_refund_no"]?.string == refund && $0["event"]?.string == "approved"
      }.map { $0["by"]?.string }
    }
    let approval = ["refund", "approve", refund]
    for answer in ["n", "", "nyet", "yes please"] {
      let told = try site.command(approval, answering: answer)
      #expect(told.code == 1, "\(told)")
      #expect(told.output.contains("Refund \(refund) of order \(order)"), "\(told)")
      #expect(told.output.contains("Nothing was done."), "\(told)")
    }
    #expect(try site.refund(refund)["state"]?.string == "applied")
    #expect(try site.transmissions(refund).isEmpty)
    #expect(try deciders() == [])
    // Another name than that of who has called sudo is refused where it could not be read.
    #expect(try site.command(approval + ["--as", "\u{202E}"], sudo: "wangfang").code == 64)
    let told = try site.command(approval + ["--as", "王芳"], sudo: "root", answering: "y")
    #expect(told.code == 0, "\(told)")
    try site.waitUntil(refund, is: "succeeded")
    #expect(try deciders() == ["operator:王芳"])
    #expect(try site.transmissions(refund).count == 1)

    let (other, _, second) = try application()
    #expect(try site.command(["refund", "approve", second], sudo: "wangfang").code == 0)
    try site.waitUntil(second, is: "succeeded")
    let timeline = try site.merchantOrder(other)["timeline"]?.array ?? []
    let line = timeline.first { $0["event"]?.string == "approved" }
    #expect(line?["by"]?.string == "operator:wangfang", "\(timeline)")
  }

  @Test func `sweep does once what is due`() throws {
    let (order, _) = try site.paidOrder()
    let refund = Site.refundNumber()
    try site.fault("refund", "refuse", of: refund, code: "NOTENOUGH", count: 0)
    _ = try site.refund(order, fee: 1990, refundNumber: refund)
    try site.waitUntil(refund, waitsFor: "funds")
    try site.clearFaults()
    _ = try site.query("UPDATE duty SET due_at = 0 WHERE subject = '\(refund)'")
    let sweep = try site.command(["sweep"])
    #expect(
      sweep.code == 0 && Int(sweep.output.split(separator: "\n").last ?? "") != nil, "\(sweep)")
    try site.waitUntil(refund, is: "succeeded")
    #expect(try site.weChatRefunds(of: order).count == 1)
  }
}
