import Server
import TestSupport
import Testing

/// A buyer who asks to pay orders that name nobody, one after the other.
@Suite struct ClaimTests {
  @Test func `one buyer claims twenty orders, and no more until one has ended`() throws {
    let site = try Site()
    let numbers = try (0..<30).map { _ in
      let number = Site.number()
      try site.createOrder(number)
      return number
    }
    let stranger = try site.login()
    let replies = try concurrently(30) { try site.pay(numbers[$0], stranger) }
    let refused = replies.indices.filter { replies[$0].status == 429 }
    #expect(replies.filter { $0.status == 200 }.count == 20, "\(replies.map(\.text))")
    #expect(refused.count == 10)
    #expect(refused.allSatisfy { replies[$0].code == "TOO_MANY_OPEN_ORDERS" })
    #expect(try site.count("payment", where: "state = 'unpaid'") == 20)
    #expect(try site.count("payment", where: "TRUE") == 20)
    try site.waitForLog("open attempts on orders that name no openid", count: 10)

    // Staff see who has claimed one; its cashier opens again.
    let claimed = try #require(replies.indices.first { replies[$0].status == 200 })
    #expect(try site.merchantOrder(numbers[claimed])["openid"]?.string == stranger.openID)
    #expect(try site.pay(numbers[claimed], stranger).status == 200)

    // Others, and orders that name the buyer, are not concerned.
    let next = numbers[refused[0]]
    #expect(try site.pay(next, site.login()).status == 200)
    let named = Site.number()
    try site.createOrder(named, openID: stranger.openID)
    #expect(try site.pay(named, stranger).status == 200)

    // Each end makes room for one.
    try site.confirm(replies[claimed])
    try site.waitUntilPaid(numbers[claimed])
    #expect(try site.pay(numbers[refused[1]], stranger).status == 200)
    #expect(try site.pay(numbers[refused[2]], stranger).status == 429)
    let other = try #require(replies.indices.last { replies[$0].status == 200 })
    let close = "/wxpay/merchant/orders/\(numbers[other])/close"
    #expect(try site.send("POST", close, token: site.cashier).status == 200)
    #expect(try site.pay(numbers[refused[2]], stranger).status == 200)
    #expect(try site.pay(numbers[refused[3]], stranger).status == 429)
  }

  @Test func `an attempt at whose opening the gateway was killed counts as well`() throws {
    let site = try Site()
    try site.restartGateway(crashPoint: "P1:20")
    let numbers = try (0..<21).map { _ in
      let number = Site.number()
      try site.createOrder(number)
      return number
    }
    let buyer = try site.login()
    for number in numbers.prefix(19) { #expect(try site.pay(number, buyer).status == 200) }
    #expect(try site.pay(numbers[19], buyer).status == 502)
    try site.gatewayProcess.wait()
    try site.startGateway()
    #expect(try site.count("payment", where: "state = 'created'") == 1)
    #expect(try site.pay(numbers[20], buyer).code == "TOO_MANY_OPEN_ORDERS")
    #expect(try site.pay(numbers[19], buyer).status == 200)
    #expect(try site.count("payment", where: "state = 'unpaid'") == 20)
  }
}
