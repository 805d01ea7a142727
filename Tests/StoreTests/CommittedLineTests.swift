import MariaDB
import Payments
import Store
import Synchronization
import TestSupport
import Testing

/// What a log of money hears.
@Suite struct CommittedLineTests {
  private final class Ear: Sendable {
    private let lines = Mutex<[String]>([])
    var heard: [String] { lines.withLock { $0 } }

    func listening(_ act: Act) -> Act {
      var act = act
      act.witness = { line in
        self.lines.withLock { $0.append("\(line.event) \(line.alarm?.rawValue ?? "-")") }
      }
      return act
    }
  }

  @Test func `a payment is heard of once, with the alarms it raises`() throws {
    let shop = try Shop()
    let attempt = try shop.unpaid()
    try shop.attempts.recordClosed(attempt, .merchant, by: shop.act())
    let ear = Ear()
    for _ in 0..<2 {
      _ = try shop.notifications.record(
        [shop.message(shop.proof(attempt))], by: ear.listening(shop.act("wechat-notify")))
    }
    #expect(ear.heard == ["paid -", "late_payment late_payment"])
  }

  @Test func `what was rolled back is not heard of`() throws {
    let shop = try Shop()
    let payment = try shop.paid()
    let ear = Ear()
    let application = try shop.application(payment, "R1", 1991)
    _ = try shop.refunds.apply(application, by: ear.listening(shop.act()))
    #expect(ear.heard == [])
  }

  @Test func `a COMMIT whose answer was lost is heard of once`() throws {
    let path = try LossyPath(to: PrivateMariaDB.shared.socket)
    let shop = try Shop(socket: path.socket)
    let application = try shop.application(try shop.paid(), parameters: "refund_fee=500")
    let ear = Ear()
    path.loseNextCommit()
    _ = try shop.refunds.apply(application, by: ear.listening(shop.act()))
    #expect(ear.heard == ["applied -", "approved -"])
  }
}
