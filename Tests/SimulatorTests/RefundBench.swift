import Server
import Testing

@testable import Simulator

/// A merchant who refunds.
extension Bench {
  /// A bench with `ORDER-1` paid, 1990 fen, where refunds need no minute between them.
  static func paid(_ details: JSON = [:], spacingSeconds: Int64 = 0) throws -> Bench {
    let bench = try Bench()
    try bench.payOrder(try bench.order(), details)
    try bench.control("POST", "refund-spacing", ["seconds": JSON(spacingSeconds)])
    return bench
  }

  /// A refund of `ORDER-1`.
  func refund(_ outRefundNo: String = "R-1", fee: Int64 = 100) -> Message {
    question(
      Field("out_trade_no", "ORDER-1"), Field("out_refund_no", outRefundNo),
      Field("total_fee", "1990"), Field("refund_fee", String(fee)))
  }

  /// Sends a refund as the holder of the merchant's certificate.
  @discardableResult
  func send(_ refund: Message, _ signType: SignType = .md5) throws -> PaymentReply {
    try call("refund", refund, signType, route: "secapi")
  }

  /// The raw answer to a rightly signed refund.
  func sendRaw(_ refund: Message) -> Response {
    var message = refund
    message.sign(.md5, key: settings.apiKey)
    return send("refund", body: Array(message.document.utf8), route: "secapi")
  }

  /// Accepts a refund and gives its number at WeChat.
  @discardableResult
  func accept(_ refund: Message) throws -> String {
    let reply = try send(refund)
    #expect(reply.isSuccess, "\(reply.message)")
    return try #require(reply.message["refund_id"])
  }

  func refundQuery(_ fields: Field...) throws -> PaymentReply {
    var question = question()
    for field in fields { question.append(field) }
    return try call("refundquery", question)
  }

  func refundStatus(_ outRefundNo: String = "R-1") throws -> String? {
    try refundQuery(Field("out_refund_no", outRefundNo)).message["refund_status_0"]
  }

  func refunds() throws -> [JSON] {
    try #require(try control("GET", "refunds")["refunds"]?.array)
  }

  func complaints() throws -> [JSON] {
    try #require(try control("GET", "complaints")["complaints"]?.array)
  }

  /// The events of the ledger that have this name.
  func events(_ name: String) throws -> [JSON] {
    try file("ledger.log").split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
      .filter { $0["event"] == .string(name) }
  }
}
