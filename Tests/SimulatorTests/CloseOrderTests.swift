import Server
import Testing

@testable import Simulator

@Suite struct CloseOrderTests {
  private let bench: Bench
  private let order: Message

  init() throws {
    bench = try Bench(closeAfterSeconds: 300)
    order = try bench.order()
    try bench.call("unifiedorder", order)
  }

  private func close(_ outTradeNo: String = "ORDER-1") throws -> PaymentReply {
    try bench.call("closeorder", bench.question(Field("out_trade_no", outTradeNo)))
  }

  @Test func `an unpaid order is closed, once`() throws {
    bench.clock.pass(seconds: 300)
    let reply = try close()
    #expect(reply.isSuccess && reply.message["result_msg"] == "OK")
    #expect(try bench.state() == "CLOSED")
    #expect(try close().errorCode == "ORDERCLOSED")
  }

  @Test func `an order that is too young stays open`() throws {
    bench.clock.pass(seconds: 299)
    #expect(try close().errorCode == "TRADE_STATE_ERROR")
    #expect(try bench.state() == "NOTPAY")
  }

  @Test func `a paid order stays paid`() throws {
    try bench.payOrder(order)
    bench.clock.pass(seconds: 300)
    #expect(try close().errorCode == "ORDERPAID")
    #expect(try bench.state() == "SUCCESS")
  }

  @Test func `an unknown order is ORDERNOTEXIST`() throws {
    #expect(try close("ORDER-2").errorCode == "ORDERNOTEXIST")
    let nothing = try bench.call("closeorder", bench.question())
    #expect(nothing.returnMessage == "缺少参数out_trade_no")
  }
}
