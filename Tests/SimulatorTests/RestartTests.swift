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
    for event in events {
      let line = event.line(at: 42).bytes
      #expect(!line.contains(0x0A))
      #expect(LedgerEvent(try JSON(parsing: line)) == event)
    }
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
