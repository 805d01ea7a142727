import Foundation
import Logging
import Server
import Synchronization
import TestSupport
import Testing

@testable import Simulator

/// A simulator in a folder of its own, a clock that stands still until moved, and a merchant who
/// knows how to sign.
final class Bench: Sendable {
  static let settings = Settings(
    appID: "wxd678efh567hg6787", appSecret: "0123456789abcdef0123456789abcdef",
    mchID: "1230000109", apiKey: "8934e7d15453e97507ef794cf7b0519d", stateFolder: "")
  /// 2026-11-21 09:00:00 in Beijing.
  static let start: Int64 = 1_795_222_800_000_000

  static let silence = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  let folder: TemporaryFolder
  let settings: Settings
  let clock: Clock
  let simulator: Simulator
  let heard = Heard()

  init(
    folder: TemporaryFolder? = nil, clock: Clock = Clock(Bench.start), speed: Double = 1,
    closeAfterSeconds: Int64 = 0
  ) throws {
    self.folder = try folder ?? TemporaryFolder()
    var settings = Bench.settings
    settings.stateFolder = self.folder.path
    settings.speed = speed
    settings.closeAfterSeconds = closeAfterSeconds
    self.settings = settings
    self.clock = clock
    simulator = try Simulator(
      settings: settings, logger: Logger(label: "test") { [heard] _ in HeardLog(heard) },
      now: { clock.now })
  }

  /// The content of a file of the state folder.
  func file(_ name: String) throws -> String {
    try String(contentsOfFile: folder.file(name), encoding: .utf8)
  }

  /// Another simulator on what this one has left on disk.
  func restarted() throws -> Bench { try Bench(folder: folder, clock: clock) }
}

/// A wall clock that tests move by hand.
final class Clock: Sendable {
  private let microseconds: Mutex<Int64>

  init(_ microseconds: Int64) { self.microseconds = Mutex(microseconds) }

  var now: Int64 { microseconds.withLock { $0 } }

  func pass(seconds: Int64) { microseconds.withLock { $0 += seconds * 1_000_000 } }
}

/// What came back from the payment interface.
struct PaymentReply {
  let status: Int
  let message: Message

  var returnMessage: String? { message["return_code"] == "FAIL" ? message["return_msg"] : nil }
  var errorCode: String? { message["result_code"] == "FAIL" ? message["err_code"] : nil }
  var isSuccess: Bool {
    message["return_code"] == "SUCCESS" && message["result_code"] == "SUCCESS"
  }
}

extension Bench {
  /// A complete order of a buyer who has logged in.
  func order(openID: String = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o") throws -> Message {
    try control("POST", "login", ["openid": .string(openID)])
    return Message([
      Field("appid", settings.appID), Field("mch_id", settings.mchID),
      Field("nonce_str", "ibuaiVcKdpRxkhJA"), Field("body", "天天-零食"),
      Field("out_trade_no", "ORDER-1"), Field("total_fee", "1990"),
      Field("spbill_create_ip", "203.0.113.7"),
      Field("notify_url", "https://127.0.0.1:8443/wxpay/receive-notify"),
      Field("trade_type", "JSAPI"), Field("openid", openID), Field("attach", "a=1&b=<2> 中 "),
    ])
  }

  /// What `orderquery` and `closeorder` are asked with.
  func question(_ fields: Field...) -> Message {
    Message(
      [
        Field("appid", settings.appID), Field("mch_id", settings.mchID),
        Field("nonce_str", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"),
      ] + fields)
  }

  /// Signs and sends; an answer that claims to be signed is verified.
  @discardableResult
  func call(
    _ name: String, _ message: Message, _ signType: SignType = .md5, key: String? = nil,
    route: String = "pay"
  ) throws -> PaymentReply {
    var message = message
    if signType != .md5 { message["sign_type"] = signType.rawValue }
    message.sign(signType, key: key ?? settings.apiKey)
    let response = send(name, body: Array(message.document.utf8), route: route)
    let answer = try XMLReader.read(response.body)
    if answer["return_code"] == "SUCCESS" {
      #expect(answer.isSigned(signType, key: settings.apiKey))
      #expect(answer["appid"] == settings.appID && answer["mch_id"] == settings.mchID)
    } else {
      #expect(answer.fields.map(\.name) == ["return_code", "return_msg"])
    }
    return PaymentReply(status: response.status, message: answer)
  }

  func send(
    _ name: String, method: String = "POST", body: [UInt8], route: String = "pay"
  ) -> Response {
    let folder = route == "pay" ? "/pay" : "/\(route)/pay"
    return simulator.respond(
      to: Request(route: route, method: method, path: "\(folder)/\(name)", body: body))
  }

  /// A control call that has to succeed.
  @discardableResult
  func control(_ method: String, _ name: String, _ body: JSON? = nil) throws -> JSON {
    let (status, answer) = try tryControl(method, name, body)
    #expect(status == 200, "\(name): \(answer)")
    return answer
  }

  func tryControl(
    _ method: String, _ name: String, _ body: JSON? = nil, from address: String = "127.0.0.1"
  ) throws -> (status: Int, answer: JSON) {
    let parts = name.split(separator: "?", maxSplits: 1)
    let response = simulator.respond(
      to: Request(
        route: "control", method: method, path: "/_control/\(parts[0])",
        query: parts.count == 2 ? String(parts[1]) : "", body: body?.bytes ?? [],
        remoteAddress: address))
    return (response.status, try JSON(parsing: response.body))
  }

  /// Orders and pays; the transaction's number.
  @discardableResult
  func payOrder(_ message: Message, _ details: JSON = [:]) throws -> String {
    let prepayID = try #require(try call("unifiedorder", message).message["prepay_id"])
    let wish = (["prepay_id": .string(prepayID)] as JSON).followed(by: details)
    return try #require(try control("POST", "pay", wish)["transaction_id"]?.string)
  }

  func state(_ outTradeNo: String = "ORDER-1") throws -> String? {
    try call("orderquery", question(Field("out_trade_no", outTradeNo))).message["trade_state"]
  }
}

extension Message {
  /// The same message with one field changed, or removed.
  func with(_ name: String, _ value: String?) -> Message {
    var message = self
    message[name] = value
    return message
  }
}
