import Foundation
import Server
import TestSupport
import Testing

/// More requests than workers, while WeChat is slow.
@Suite struct OverloadTests {
  @Test func `who has waited too long for a worker is refused at once, and nothing was begun`()
    throws
  {
    let site = try Site(.init(apiWorkers: 2, apiDeadlineSeconds: 4))
    let buyers = try (0..<10).map { _ in
      let number = Site.number()
      try site.createOrder(number)
      return (number, try site.login())
    }
    try site.fault("unifiedorder", "delay", count: 0, milliseconds: 2500)
    let replies = try concurrently(10) { index in
      let started = ContinuousClock.now
      let reply = try site.pay(buyers[index].0, buyers[index].1)
      return (reply, ContinuousClock.now - started)
    }
    // The two whom the workers took at once; the others had used up 2 of 4 seconds by then.
    #expect(replies.filter { $0.0.status == 200 }.count == 2, "\(replies.map(\.0.text))")
    let refused = replies.filter { $0.0.status == 503 && $0.0.code == "OVERLOADED" }
    #expect(refused.count == 8)
    for (_, time) in refused { #expect(time < .seconds(4)) }
    try site.waitForLog("code=OVERLOADED", count: 8)
    #expect(try site.query("SELECT 1 FROM payment").count == 2)
    #expect(try site.weChatOrders().count == 2)
    // Those who waited in vain ask again.
    try site.clearFaults()
    for (index, reply) in replies.enumerated() where reply.0.status == 503 {
      #expect(try site.pay(buyers[index].0, buyers[index].1).status == 200)
    }
  }

  @Test func `a notification that has waited too long hears FAIL, in time`()
    throws
  {
    let server = try PrivateMariaDB()
    let site = try Site(.init(server: server))
    let (number, _, payment) = try site.unpaidOrder()
    try site.confirm(payment)
    try site.waitUntilPaid(number)
    // Sixteen workers, each of which waits a second or more for a database that stands still.
    server.freeze()
    let reply = try site.control(
      "POST", "notify", ["out_trade_no": JSON(number), "probe": "duplicate", "count": 80])
    server.thaw()
    let answers = try #require(reply.json.array)
    #expect(answers.count == 80)
    for answer in answers {
      #expect(answer["body"]?.string?.contains("FAIL") == true, "\(answer)")
      #expect((answer["milliseconds"]?.integer ?? 99_999) < 5000, "\(answer)")
    }
    try site.waitForLog("code=OVERLOADED")
    #expect(try site.send("GET", "/wxpay/health").status == 200)
  }
}
