import Foundation
import Server
import TestSupport
import Testing

@testable import Simulator

/// What WeChat knows survives it.
@Suite struct RestartTests {
  private let bench: Bench
  private let order: Message

  init() throws {
    bench = try Bench()
    order = try bench.order()
  }

  /// The full content of the books.
  private func books(_ bench: Bench) throws -> JSON {
    let orders = try #require(try bench.control("GET", "orders")["orders"]?.array)
    return .array(
      try orders.map { order in
        let outTradeNo = try #require(order["out_trade_no"]?.string)
        return try bench.control("GET", "order?out_trade_no=\(outTradeNo)")
      })
  }

  @Test func `orders in every state are there again`() throws {
    try bench.payOrder(order, ["coupons": [["fee": 58, "id": "12"]]])
    try bench.call("unifiedorder", order.with("out_trade_no", "ORDER-2"), .hmacSHA256)
    try bench.call("unifiedorder", order.with("out_trade_no", "ORDER-3"))
    try bench.call("closeorder", bench.question(Field("out_trade_no", "ORDER-3")))
    let expiring = try bench.call("unifiedorder", order.with("out_trade_no", "ORDER|4"))
    try bench.control(
      "POST", "prepay-expire", ["prepay_id": JSON(expiring.message["prepay_id"])])
    let before = try books(bench)
    #expect(try books(try bench.restarted()) == before)
    #expect(try bench.restarted().state("ORDER-3") == "CLOSED")
  }

  @Test func `a restart does not forget what was submitted`() throws {
    let prepayID = try bench.call("unifiedorder", order).message["prepay_id"]
    let restarted = try bench.restarted()
    #expect(try restarted.call("unifiedorder", order).message["prepay_id"] == prepayID)
    let changed = try restarted.call("unifiedorder", order.with("total_fee", "1"))
    #expect(changed.errorCode == "INVALID_REQUEST")
  }

  @Test func `refunds in every state are there again, with all that belongs to them`() throws {
    let bench = try Bench.paid()
    try bench.control("POST", "balance", ["fen": 1500])
    try bench.control("POST", "refund-outcome", ["outcome": "change", "out_trade_no": "ORDER-1"])
    try bench.control("POST", "refund-outcome", ["outcome": "close", "out_refund_no": "R-2"])
    try bench.control(
      "POST", "refund-outcome",
      ["outcome": "success", "milliseconds": 5000, "out_refund_no": "R-3"])
    try bench.control("POST", "refund-notify-url", ["url": "https://127.0.0.1/refunds"])
    for number in 1...3 { try bench.accept(bench.refund("R-\(number)")) }
    try bench.send(bench.refund("R-1", fee: 5))
    try bench.control("POST", "refund-by-hand", ["out_trade_no": "ORDER-1", "refund_fee": 7])
    let looks = ["refunds", "transmissions", "complaints", "balance"]
    let before = try looks.map { try bench.control("GET", $0) }
    let restarted = try bench.restarted()
    #expect(try looks.map { try restarted.control("GET", $0) } == before)
    #expect(try restarted.control("GET", "balance")["fen"] == 1293)
    #expect(try restarted.send(restarted.refund("R-1")).isSuccess)
    #expect(try restarted.send(restarted.refund("R-2", fee: 5)).errorCode == "ERROR")
    bench.clock.pass(seconds: 5)
    #expect(try restarted.refundStatus("R-3") == "SUCCESS")
    try restarted.accept(restarted.refund("R-4"))
    #expect(try restarted.refundStatus("R-4") == "CHANGE")
    let last = try #require(try restarted.refunds().last)
    #expect(last["notify_url"] == "https://127.0.0.1/refunds")
  }

  @Test func `an end whose time came while WeChat was away comes at once`() throws {
    let bench = try Bench.paid()
    try bench.control("POST", "refund-outcome", ["outcome": "close", "milliseconds": 1000])
    try bench.accept(bench.refund())
    bench.clock.pass(seconds: 60)
    #expect(try bench.restarted().refundStatus() == "REFUNDCLOSE")
  }

  @Test func `a used code stays used`() throws {
    let code = try #require(try bench.control("POST", "login")["code"]?.string)
    let request = Request(
      route: "login", method: "GET", path: "/sns/jscode2session",
      query: "appid=\(bench.settings.appID)&secret=\(bench.settings.appSecret)&js_code=\(code)"
        + "&grant_type=authorization_code")
    _ = bench.simulator.respond(to: request)
    let answer = try JSON(parsing: try bench.restarted().simulator.respond(to: request).body)
    #expect(answer["errcode"]?.integer == 40163)
  }

  @Test func `a line cut short by a kill is nobody's, and the next one is whole`() throws {
    try bench.call("unifiedorder", order)
    let path = bench.folder.file("ledger.log")
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("{\"at\":1,\"event\":\"state_chan".utf8))
    try handle.close()
    let restarted = try bench.restarted()
    #expect(try restarted.state() == "NOTPAY")
    try restarted.call("closeorder", restarted.question(Field("out_trade_no", "ORDER-1")))
    #expect(try restarted.restarted().state() == "CLOSED")
  }

  @Test func `every event reads back as written`() throws {
    let events: [LedgerEvent] = [
      .codeMade("c", openID: "o"), .codeUsed("c"),
      .orderCreated(
        "ORDER-1", parameters: [Field("body", "中\"\\\u{2028}")], signType: .hmacSHA256,
        expiresAt: 5),
      .orderSent("ORDER-1", signType: .md5),
      .prepayMade("ORDER-1", Prepay(id: "wx1", expiresAt: 7)), .prepayExpired("wx1"),
      .paid(
        "ORDER-1",
        Payment(
          transactionID: "4200", openID: "o", paidAt: 3,
          coupons: [
            Coupon(id: "1", fee: 5, type: nil), Coupon(id: "2", fee: 6, type: "NO_CASH"),
          ], isAnnounced: false)),
      .stateChanged("ORDER-1", .payError),
      .notified(
        "ORDER-1",
        NotificationAttempt(at: 9, number: 2, status: 0, reply: "x\ny", isAcknowledged: false)),
    ]
    for event in events + Self.refundEvents.map({ LedgerEvent.refund($0) }) {
      let line = event.line(at: 42).bytes
      #expect(!line.contains(0x0A))
      #expect(LedgerEvent(try JSON(parsing: line)) == event)
    }
  }

  private static var refundEvents: [RefundEvent] {
    func refund(_ source: Refund.Source, url: String?, _ ending: Refund.Ending?) -> Refund {
      Refund(
        outRefundNo: "R@1", refundID: "503", outTradeNo: "ORDER-1", transactionID: "4200", fee: 5,
        totalFee: 6, source: source, parameters: [Field("refund_desc", "中\"")], notifyURL: url,
        acceptedAt: 42, ending: ending)
    }
    let attempt = NotificationAttempt(
      at: 9, number: 2, status: 0, reply: "x\ny", isAcknowledged: false)
    return [
      .sent(Transmission(outRefundNo: "R", isSigned: false, parameters: [Field("a", "中")])),
      .complained(Complaint(outRefundNo: "R", transmission: 3, differing: ["a", "b"])),
      .accepted(refund(.api, url: "https://127.0.0.1/", Refund.Ending(status: .closed, at: 77))),
      .accepted(refund(.vendorPlatform, url: nil, nil)), .finished("R", .change),
      .notified("R", Refund.Announcement(status: .change, attempt: attempt)),
      .notificationLost("R"), .balanceSet(5), .balanceSet(nil), .spacingSet(seconds: 0),
      .notifyURLSet("https://127.0.0.1/"), .notifyURLSet(nil),
      .planned(RefundPlan(scope: .everything, outcome: .processing, milliseconds: 0)),
      .planned(RefundPlan(scope: .order(outTradeNo: "O"), outcome: .change, milliseconds: 1)),
      .planned(RefundPlan(scope: .refund(outRefundNo: "R"), outcome: .close, milliseconds: 2)),
    ]
  }

  @Test func `the state files are readable by their owner only`() throws {
    for name in ["ledger.log", "wire.log"] {
      let attributes = try FileManager.default.attributesOfItem(
        atPath: bench.folder.file(name))
      #expect(attributes[.posixPermissions] as? Int == 0o600)
    }
  }

  @Test func `a state folder that is not there is made`() throws {
    var settings = bench.settings
    settings.stateFolder = bench.folder.file("new/state")
    _ = try Simulator(settings: settings, logger: Bench.silence)
    #expect(FileManager.default.fileExists(atPath: settings.stateFolder + "/ledger.log"))
  }

  @Test func `a state file that cannot be opened ends the start`() throws {
    var settings = bench.settings
    settings.stateFolder = bench.folder.file("state")
    try FileManager.default.createDirectory(
      atPath: settings.stateFolder + "/wire.log", withIntermediateDirectories: true)
    #expect(throws: LineFileError.self) {
      try Simulator(settings: settings, logger: Bench.silence)
    }
  }
}
