import Foundation
import Synchronization
import TestSupport

/// Requests to all three sockets of a site, so many in a second, whether or not they are answered
/// in time; each on a connection of its own.
final class Rush: Sendable {
  /// What became of one request.
  struct Outcome: Sendable {
    let kind: String
    let sent: ContinuousClock.Instant
    let answered: ContinuousClock.Instant
    /// Nil when it was answered as it should be.
    let failure: String?
  }

  private let site: Site
  private let perSecond: Int
  private let buyer: Site.Buyer
  private let number: String
  private let begin = ContinuousClock.now
  private let sent = Atomic<Int>(0)
  private let isOver = Atomic<Bool>(false)
  private let outcomes = Mutex<[Outcome]>([])
  private let threads = DispatchGroup()

  /// - Parameter senders: how many requests may be waiting for their answer.
  init(_ site: Site, perSecond: Int, senders: Int = 32) throws {
    self.site = site
    self.perSecond = perSecond
    buyer = try site.login()
    number = Site.number()
    try site.createOrder(number, openID: buyer.openID)
    for _ in 0..<senders {
      threads.enter()
      let thread = Thread {
        while !self.isOver.load(ordering: .relaxed) { self.sendNext() }
        self.threads.leave()
      }
      thread.start()
    }
  }

  /// Ends it and waits for the last answers.
  func finish() -> [Outcome] {
    isOver.store(true, ordering: .relaxed)
    threads.wait()
    return outcomes.withLock { $0 }
  }

  private func sendNext() {
    let turn = sent.add(1, ordering: .relaxed).oldValue
    let due = begin + .seconds(1) * turn / perSecond
    let wait = (due - .now) / .seconds(1)
    if wait > 0 { Thread.sleep(forTimeInterval: wait) }
    let start = ContinuousClock.now
    let (kind, expected, request) = request(turn)
    let failure: String?
    do {
      let reply = try request()
      failure = reply.status == expected ? nil : "\(reply.status) \(reply.text)"
    } catch {
      failure = "\(error)"
    }
    let outcome = Outcome(kind: kind, sent: start, answered: .now, failure: failure)
    outcomes.withLock { $0.append(outcome) }
  }

  private func request(_ turn: Int) -> (String, status: Int, () throws -> Site.Reply) {
    switch turn % 4 {
    case 0: ("create", 201, { try self.site.createOrder(Site.number()) })
    case 1:
      (
        "order", 200,
        {
          try self.site.send(
            "GET", "/wxpay/order?out_trade_no=\(self.number)", token: self.buyer.token)
        }
      )
    case 2:
      (
        // Refused, but by the gateway and with a look at all of it: FAIL has status 200.
        "notify", 200,
        {
          try self.site.send(
            "POST", "/wxpay/receive-notify", body: Array("<xml><sign>0</sign></xml>".utf8),
            contentType: "text/xml")
        }
      )
    default: ("health", 200, { try self.site.send("GET", "/wxpay/health") })
    }
  }
}
