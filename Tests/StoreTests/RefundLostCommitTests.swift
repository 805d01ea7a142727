import MariaDB
import Payments
import Store
import TestSupport
import Testing

/// A COMMIT whose answer is lost has happened: what is done again must not happen twice.
@Suite struct RefundLostCommitTests {
  private let path: LossyPath
  private let shop: Shop

  init() throws {
    path = try LossyPath(to: PrivateMariaDB.shared.socket)
    shop = try Shop(socket: path.socket)
  }

  @Test func `an application is recorded and reserved once`() throws {
    let application = try shop.application(
      shop.paid(), key: RequestKey("key", of: "merchant:anna"), parameters: "refund_fee=500")
    path.loseNextCommit()
    let outcome = try shop.refunds.apply(application, by: shop.act())
    #expect(try outcome == .existed(shop.refund()))
    #expect(try shop.held() == .init(500, of: 1))
    #expect(
      try shop.history(ofRefund: "R1") == ["applied:>applied", "approved:applied>approved"])
    #expect(try shop.duties.take([.refund], until: shop.soon)?.subject == "R1")
  }

  @Test(
    arguments: [
      (RefundDecision.Verdict.approve(amount: Fen(200)), 200, 1), (.approve(amount: nil), 500, 1),
      (.reject, 0, 0), (.withdraw, 0, 0),
    ] as [(RefundDecision.Verdict, Int64, Int64)])
  func `a decision is recorded once`(
    verdict: RefundDecision.Verdict, fee: Int64, refunds: Int64
  ) throws {
    try shop.apply(shop.paid())
    path.loseNextCommit()
    let outcome = try shop.decide("R1", verdict, reason: "so be it")
    #expect(try outcome == .stood(shop.refund()))
    #expect(try shop.held() == .init(fee, of: refunds))
    #expect(try shop.history(ofRefund: "R1").count == 2)
    #expect(try shop.unbalanced() == 0)
  }

  @Test func `a send is counted, and whoever counted it has to look again`() throws {
    let refund = try shop.apply(shop.paid(), parameters: "refund_fee=500")
    let duty = try shop.take("R1")
    path.loseNextCommit()
    // Nothing may leave: only the row tells whether it was counted.
    #expect(throws: RefundChanged.self) {
      try shop.refunds.takeTurnToSend(refund, duty, by: shop.act())
    }
    #expect(try shop.refund().sends == 1)
    #expect(try shop.refund().isUnanswered)
    #expect(try shop.turn(shop.refund(), duty).sends == 2)
  }

  @Test(arguments: [RefundEvent.accepted, .succeeded, .closed, .abnormal])
  func `news is recorded once`(event: RefundEvent) throws {
    let (refund, _) = try shop.send(shop.paid())
    path.loseNextCommit()
    let outcome = try shop.refunds.record(shop.news(event), of: refund, by: shop.act())
    #expect(try outcome == shop.refund())
    #expect(try outcome.state == refund.state.after(event))
    #expect(try shop.history(ofRefund: "R1").filter { $0.hasPrefix(event.rawValue) }.count == 1)
    #expect(try shop.unbalanced() == 0)
  }

  @Test func `a refusal frees the amount once`() throws {
    let (refund, duty) = try shop.send(shop.paid())
    path.loseNextCommit()
    #expect(throws: RefundChanged.self) {
      try shop.refunds.recordRefused(refund, duty, remark: "TRADE_OVERDUE", by: shop.act())
    }
    #expect(try shop.refund().state == .refused)
    #expect(try shop.held() == .init(0, of: 0))
    #expect(try shop.history(ofRefund: "R1").filter { $0.hasPrefix("refused") }.count == 1)
  }
}
