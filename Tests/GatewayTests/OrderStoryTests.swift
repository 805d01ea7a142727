import Foundation
import MariaDB
import Payments
import Store
import TestSupport
import Testing

@testable import weixinpay

/// An order in a database of its own, and the story that is told of it.
private struct OrderFixture {
  let database: Database
  let merchant = MerchantName("main")!
  let buyer = OpenID("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")!
  let number = OutTradeNo("20261121-7")!
  static let opened = BeijingTime(compact: "20261121090302")!

  init(expiresAt: BeijingTime? = nil) throws {
    let server = try PrivateMariaDB.shared
    let name = try server.createDatabase()
    let administrator = server.settings(database: name)
    _ = try Migrator(
      administrator: administrator, database: name,
      service: .init(user: server.user, password: nil)
    ).apply()
    database = Database(administrator, connections: 2)
    _ = try Orders(database).create(
      Order(
        merchant: merchant, number: number, openID: buyer, total: Fen(1990)!,
        body: "龙井茶", attach: nil, detail: nil, expiresAt: expiresAt),
      by: act("merchant:till"))
  }

  func act(_ actor: String) -> Act {
    Act(actor: actor, requestID: nil, now: Self.opened, deadline: .now + .seconds(20))
  }

  var attempts: PaymentAttempts { PaymentAttempts(database) }

  var attempt: PaymentAttempt {
    PaymentAttempt(
      merchant: merchant, order: number, outTradeNo: number, number: 1, state: .created,
      openID: buyer, total: Fen(1990)!, parameters: "total_fee=1990", prepayID: nil,
      prepayExpiresAt: nil, transactionID: nil, paidAt: nil, closing: nil)
  }

  func open() throws { _ = try attempts.open(attempt, by: act("buyer")) }

  func accept() throws {
    try attempts.recordAccepted(
      attempt, prepayID: PrepayID("wx1")!, expiresAt: Self.opened.adding(seconds: 7200),
      by: act("buyer"))
  }

  func pay() throws {
    let appID = AppID("wxd678efh567hg6787")!
    let merchantID = MerchantID("1230000109")!
    let proof = PaymentProof(
      appID: appID, merchantID: merchantID, outTradeNo: number,
      transactionID: TransactionID("4200001952202611210000000001")!, openID: buyer,
      total: Fen(1990)!, currency: "CNY", paidAt: Self.opened)
    _ = try attempts.recordPaid(
      VerifiedProof(proof, merchant: merchant, appID: appID, merchantID: merchantID),
      by: act("wechat-query"))
  }

  func story(after seconds: Int64 = 60, refunds: [Refund] = []) throws -> OrderStory {
    let deadline = ContinuousClock.now + .seconds(20)
    let record = try #require(
      try Orders(database).find(merchant: merchant, number: number, until: deadline))
    return OrderStory(
      record: record,
      refunds: OrderRefunds(
        refunds: refunds, older: nil,
        refunded: refunds.filter { $0.state == .succeeded }.map(\.amount.amount).reduce(0, +)),
      timeline: try Journal(database).page(merchant: merchant, order: number, until: deadline),
      now: Self.opened.adding(seconds: seconds))
  }
}

extension OrderFixture {
  func refund(_ state: RefundState) throws -> Refund {
    Refund(
      merchant: merchant, number: try #require(OutRefundNo("R1")), order: number,
      outTradeNo: number, transactionID: try #require(TransactionID("4200")), payer: buyer,
      total: try #require(Fen(1990)), appliedAmount: try #require(Fen(500)),
      amount: try #require(Fen(500)), kind: .unshipped, state: state, reason: "too small",
      reviewReason: nil, wait: nil, remark: nil, parameters: nil, sends: 0, isUnanswered: false,
      refundID: nil, appliedAt: Self.opened, succeededAt: nil, version: 1)
  }
}

@Suite struct OrderStoryTests {
  @Test func `an order that nobody tried to pay waits for the buyer`() throws {
    let fixture = try OrderFixture()
    #expect(try fixture.story().waiting.contains("no payment has been opened here yet"))
  }

  @Test func `an answer that never came is told as unknown`() throws {
    let fixture = try OrderFixture()
    try fixture.open()
    #expect(try fixture.story().waiting.contains("WeChat's word on 20261121-7"))
  }

  @Test func `an open cashier is told with its end, a closed one as such`() throws {
    let fixture = try OrderFixture()
    try fixture.open()
    try fixture.accept()
    #expect(try fixture.story().waiting.contains("until 2026-11-21 11:03:02"))
    #expect(try fixture.story(after: 7200).waiting.contains("press pay again"))
  }

  @Test func `a paid order is told from the beginning, with times, reasons and nothing left open`()
    throws
  {
    let fixture = try OrderFixture()
    try fixture.open()
    try fixture.accept()
    try fixture.pay()
    let text = try fixture.story().text
    #expect(text.hasPrefix("Order 20261121-7 of merchant main: paid, ¥19.90\n"))
    #expect(text.contains("龙井茶"))
    #expect(text.contains("2026-11-21 09:03:02.000  created, by merchant:till"))
    #expect(text.contains("opened, by buyer"))
    #expect(text.contains("created → unpaid, by buyer"))
    #expect(text.contains("unpaid → paid, by wechat-query"))
    #expect(text.contains("4200001952202611210000000001"))
    #expect(text.hasSuffix("Waiting for nothing: it is paid."))
    #expect(!text.contains(fixture.buyer.text), "An openid is shown masked.")
  }

  @Test func `a refund that waits is not contradicted, and what went back is in the title`() throws
  {
    let fixture = try OrderFixture()
    try fixture.open()
    try fixture.accept()
    try fixture.pay()
    let waiting = try fixture.story(refunds: [fixture.refund(.applied)]).lines
    #expect(waiting.first == "Order 20261121-7 of merchant main: paid, ¥19.90")
    #expect(!waiting.contains { $0.hasPrefix("Waiting for nothing") })
    #expect(waiting.last?.contains("waits for the merchant to approve or reject it") == true)
    let ended = try fixture.story(refunds: [fixture.refund(.succeeded)]).lines
    #expect(ended.first?.hasSuffix("paid, ¥19.90, ¥5.00 of it refunded (已退)") == true)
    #expect(ended.contains("Waiting for nothing: it is paid, and ¥5.00 went back to the buyer."))
  }

  @Test func `each entry tells by which request it came`() throws {
    let fixture = try OrderFixture()
    _ = try fixture.attempts.open(
      fixture.attempt,
      by: Act(
        actor: "buyer", requestID: "3b8f74a4", clientAddress: "192.0.2.7",
        now: OrderFixture.opened, deadline: .now + .seconds(20)))
    #expect(try fixture.story().text.contains("request 3b8f74a4, from 192.0.2.7"))
  }

  @Test func `a closed order tells whether it can still be paid`() throws {
    let byWeChat = try OrderFixture()
    try byWeChat.open()
    try byWeChat.attempts.recordClosed(
      byWeChat.attempt, .wechat, by: byWeChat.act("wechat-query"))
    #expect(try byWeChat.story().waiting.contains("press pay for a new attempt"))

    let byMerchant = try OrderFixture()
    try byMerchant.open()
    try byMerchant.attempts.recordClosed(
      byMerchant.attempt, .merchant, by: byMerchant.act("merchant:till"))
    #expect(try byMerchant.story().waiting == "Waiting for nothing: the merchant closed it.")

    let inVain = try OrderFixture(expiresAt: OrderFixture.opened.adding(seconds: 600))
    try inVain.open()
    try inVain.attempts.recordClosed(inVain.attempt, .expired, by: inVain.act("duty"))
    #expect(
      try inVain.story(after: 900).waiting
        == "Waiting for nothing: it was to be paid until 2026-11-21 09:13:02.000, and nobody did.")
  }

  @Test func `money that came too late is told with what to do`() throws {
    let fixture = try OrderFixture()
    try fixture.open()
    try fixture.attempts.recordClosed(fixture.attempt, .merchant, by: fixture.act("merchant:till"))
    try fixture.pay()
    #expect(
      try fixture.story().text.contains(
        "Look: paid after it was closed: deliver the goods or refund"))
  }
}
