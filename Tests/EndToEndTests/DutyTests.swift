import Server
import TestSupport
import Testing

/// Nothing depends on a notification that WeChat does not guarantee.
@Suite struct DutyTests {
  /// WeChat knows no order from here on.
  private func forgetOrders(at site: Site) throws {
    for endpoint in ["orderquery", "closeorder"] {
      try site.control(
        "POST", "fault",
        [
          "endpoint": .string(endpoint), "fault": "refuse", "code": "ORDERNOTEXIST",
          "count": .number("0"),
        ])
    }
  }

  @Test func `without a single notification every payment and every refund comes to its end`()
    throws
  {
    let site = try Site(.withDuties)
    try site.fault("notify", "lose", count: 0)
    try site.fault("refund_notify", "lose", count: 0)
    try site.control("POST", "refund-spacing", ["seconds": 0])

    let buyer = try site.login()
    let orders = try concurrently(20) { _ in
      try (0..<25).map { _ in
        let number = Site.number()
        try site.createOrder(number, openID: buyer.openID)
        let payment = try site.pay(number, buyer)
        try #require(payment.status == 200, "\(payment.text)")
        try site.confirm(payment)
        return number
      }
    }.flatMap(\.self)
    try eventually("every order is paid", within: .seconds(120)) {
      try site.count("payment", where: "state = 'paid'") == orders.count
    }
    let refunds = try concurrently(8) { worker in
      try orders[(worker * 25)..<((worker + 1) * 25)].map { number in
        let reply = try site.refund(number, fee: 1000)
        try #require(reply.status == 201, "\(reply.text)")
        return try #require(reply.json["out_refund_no"]?.string)
      }
    }.flatMap(\.self)
    try eventually("every refund has succeeded", within: .seconds(120)) {
      try site.count("refund", where: "state = 'succeeded'") == refunds.count
    }
    #expect(try site.notifications().allSatisfy { $0["acked"]?.bool != true })
    #expect(try site.count("notification", where: "TRUE") == 0)
    #expect(try site.control("GET", "complaints").json["complaints"]?.array?.isEmpty == true)
  }

  @Test func `an order that nobody pays is closed when its time is over`() throws {
    let site = try Site(.withDuties)
    let number = Site.number()
    try site.createOrder(number)
    let payment = try site.pay(number, try site.login())
    try #require(payment.status == 200, "\(payment.text)")
    // As if it had been opened a century ago.
    try site.execute(
      """
      UPDATE payment SET parameters =
        REPLACE(parameters, '<time_start><![CDATA[20', '<time_start><![CDATA[19')
      WHERE out_trade_no = '\(number)'
      """)
    try eventually("the order is closed") { try site.state(number) == "closed" }
    #expect(try site.ledger(number)["state"]?.string == "CLOSED")
    #expect(try site.moves(number).last == "unpaid>closed")
  }

  @Test func `what WeChat has forgotten is closed when its prepay_id opens nothing any more`()
    throws
  {
    let site = try Site(.withDuties)
    let (number, _, _) = try site.unpaidOrder()
    try forgetOrders(at: site)
    try site.execute(
      """
      UPDATE payment SET parameters =
        REPLACE(parameters, '<time_start><![CDATA[20', '<time_start><![CDATA[19')
      """)
    try eventually("WeChat does not know what to close") {
      try site.query("SELECT 1 FROM journal WHERE event = 'refused'").count > 0
    }
    #expect(try site.state(number) == "unpaid")
    try site.execute("UPDATE payment SET prepay_expires_at = 1")
    try eventually("the order is closed") { try site.state(number) == "closed" }
  }

  /// An orderquery may lag behind what closeorder knows.
  @Test func `ORDERPAID without a record of the payment is no end`() throws {
    let site = try Site(.withDuties)
    let (number, _, _) = try site.unpaidOrder()
    try site.control(
      "POST", "fault",
      ["endpoint": "closeorder", "fault": "refuse", "code": "ORDERPAID", "count": .number("2")])
    try site.execute(
      """
      UPDATE payment SET parameters =
        REPLACE(parameters, '<time_start><![CDATA[20', '<time_start><![CDATA[19')
      """)
    try eventually("the order is closed in the end") { try site.state(number) == "closed" }
    #expect(try site.ledger(number)["state"]?.string == "CLOSED")
    try site.waitForLog("closeorder: refused with ORDERPAID", count: 2)
  }

  /// As if mch_id had been changed in place: under the new number WeChat does not know it.
  @Test func `an attempt of another mch_id is neither asked about nor closed`() throws {
    let site = try Site(.withDuties)
    let (number, _, _) = try site.unpaidOrder()
    try forgetOrders(at: site)
    try site.execute(
      """
      UPDATE payment SET prepay_expires_at = 1, parameters = REPLACE(REPLACE(parameters,
        '<time_start><![CDATA[20', '<time_start><![CDATA[19'), '\(Site.merchantID)', '1230000199')
      """)
    try eventually("a person is told") { try site.alarms(number) == ["placed_elsewhere"] }
    let close = try site.send(
      "POST", "/wxpay/merchant/orders/\(number)/close", token: site.cashier)
    #expect(close.code == "PAYMENT_MISCONFIGURED", "\(close.text)")
    #expect(try site.state(number) == "unpaid")
    try site.execute(
      "UPDATE payment SET parameters = REPLACE(parameters, '1230000199', '\(Site.merchantID)')")
    try eventually("the order is closed") { try site.state(number) == "closed" }
    #expect(try site.count("alarm", where: "kind = 'placed_elsewhere'") == 1)
  }

  @Test func `a refund of a payment of another mch_id waits and is not asked about`() throws {
    let site = try Site(.withDuties)
    let (number, _) = try site.paidOrder()
    // WeChat never gets it, and says so when it is asked.
    try site.fault("refund", "drop_before", count: 0)
    let reply = try site.refund(number, fee: 1000)
    let refund = try #require(reply.json["out_refund_no"]?.string, "\(reply.text)")
    try site.execute(
      "UPDATE payment SET parameters = REPLACE(parameters, '\(Site.merchantID)', '1230000199')")
    _ = try site.waitUntil(refund, waitsFor: "configuration")
    #expect(try site.alarms(number) == ["placed_elsewhere"])
    try site.clearFaults()
    let another = try site.refund(number, fee: 500)
    #expect(another.code == "PAYMENT_MISCONFIGURED", "\(another.text)")
    #expect(try site.refund(refund)["state"]?.string == "sending")
    try site.execute(
      "UPDATE payment SET parameters = REPLACE(parameters, '1230000199', '\(Site.merchantID)')")
    try site.waitUntil(refund, is: "succeeded")
  }

  @Test func `money that comes too late goes back by itself, if the merchant wants it so`() throws {
    let site = try Site(.init(hasDuties: true, latePayment: "refund"))
    let (number, _, payment) = try site.unpaidOrder()
    try site.execute(
      "UPDATE payment SET state = 'closed', closing = 'merchant' WHERE out_trade_no = '\(number)'")
    try site.confirm(payment)
    try eventually("the money has gone back") {
      try site.merchantOrder(number)["refunded_fee"]?.integer == 1990
    }
    let order = try site.merchantOrder(number)
    #expect(order["alarms"]?.array?.compactMap(\.string) == ["late_payment"])
    #expect(order["refunds"]?.array?.count == 1)
  }
}
