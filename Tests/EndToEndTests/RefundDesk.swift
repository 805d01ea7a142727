import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// What the tests of refunds ask the shop, WeChat and the database.
extension Site {
  /// A shop that brings refunds to their end by itself, and whose WeChat takes those of one order as
  /// fast as they come.
  static func forRefunds(_ options: Options = Options()) throws -> Site {
    var options = options
    options.hasDuties = true
    let site = try Site(options)
    let reply = try site.control("POST", "refund-spacing", ["seconds": 0])
    #expect(reply.status == 200, "\(reply.text)")
    return site
  }

  /// A refund number that no other test uses.
  static func refundNumber() -> String { "R" + number() }

  /// What has arrived at WeChat under a refund number, business fields only.
  func transmissions(_ refundNumber: String) throws -> [JSON] {
    try control("GET", "transmissions?out_refund_no=\(refundNumber)").json["transmissions"]?.array?
      .compactMap { $0["parameters"] } ?? []
  }

  /// Everything that has arrived at WeChat's refund interface.
  func transmissions() throws -> [JSON] {
    try control("GET", "transmissions").json["transmissions"]?.array ?? []
  }

  /// WeChat's complaints about transmissions of one number that differ.
  func complaints(_ refundNumber: String) throws -> [JSON] {
    (try control("GET", "complaints").json["complaints"]?.array ?? [])
      .filter { $0["out_refund_no"]?.string == refundNumber }
  }

  /// WeChat's own records of an order's refunds.
  func weChatRefunds(of number: String) throws -> [JSON] {
    try control("GET", "refunds?out_trade_no=\(number)").json["refunds"]?.array ?? []
  }

  /// How often WeChat was asked about a refund.
  func questions(about refundNumber: String) throws -> Int {
    let log = try String(contentsOfFile: folder.file("wechat/wire.log"), encoding: .utf8)
    return log.split(separator: "\n").filter {
      $0.contains("/pay/refundquery") && $0.contains(refundNumber)
    }.count
  }

  /// Makes WeChat misbehave about one refund.
  ///
  /// - Parameter count: how many requests are struck; 0 means all until the faults are cleared.
  func fault(
    _ endpoint: String, _ fault: String, of refundNumber: String, code: String? = nil,
    count: Int = 1, milliseconds: Int = 0
  ) throws {
    var members: [JSON.Member] = [
      .init(name: "endpoint", value: .string(endpoint)),
      .init(name: "fault", value: .string(fault)),
      .init(name: "out_refund_no", value: .string(refundNumber)),
      .init(name: "count", value: .number("\(count)")),
      .init(name: "milliseconds", value: .number("\(milliseconds)")),
    ]
    if let code { members.append(.init(name: "code", value: .string(code))) }
    let reply = try control("POST", "fault", .object(members))
    #expect(reply.status == 200, "\(reply.text)")
  }

  /// How refunds of an order that are accepted from now on end.
  func outcome(_ outcome: String, ofOrder number: String) throws {
    let reply = try control(
      "POST", "refund-outcome",
      ["outcome": .string(outcome), "out_trade_no": .string(number)])
    #expect(reply.status == 200, "\(reply.text)")
  }

  /// Brings a refund to its end at WeChat, once it is there: on a busy machine it may be a duty that
  /// sends it.
  func finish(_ refundNumber: String, _ status: String) throws {
    try eventually("refund \(refundNumber) ends as \(status)") {
      try control(
        "POST", "refund-finish",
        ["out_refund_no": .string(refundNumber), "refund_status": .string(status)]
      ).status == 200
    }
  }

  func buyerOrder(_ number: String, _ buyer: Buyer) throws -> JSON {
    try send("GET", "/wxpay/order?out_trade_no=\(number)", token: buyer.token).json
  }

  func alarms(_ number: String) throws -> [String] {
    try merchantOrder(number)["alarms"]?.array?.compactMap(\.string) ?? []
  }

  /// What refunds hold of a payment, in fen.
  func reserved(_ number: String) throws -> Int64 {
    try query("SELECT reserved_fee FROM payment WHERE out_trade_no = '\(number)'")[0]
      .integer("reserved_fee")
  }

  @discardableResult
  func waitUntil(_ refundNumber: String, waitsFor wait: String) throws -> JSON {
    try self.wait(for: refundNumber, "waiting_for", wait)
  }

  /// Changes the configuration file and starts the gateway anew.
  func reconfigure(_ change: (String) -> String) throws {
    let text = try String(contentsOfFile: configuration, encoding: .utf8)
    try change(text).write(toFile: configuration, atomically: false, encoding: .utf8)
    try restartGateway()
  }

  /// Runs one of the program's commands on this shop.
  ///
  /// - Parameters:
  ///   - user: who has called sudo.
  ///   - answer: what a person at a terminal types; without, there is no terminal.
  func command(
    _ arguments: [String], sudo user: String? = nil, answering answer: String? = nil
  ) throws -> (code: Int32?, output: String) {
    let log = folder.file("command-\(UUID().uuidString).log")
    let command = [builtProduct("weixinpay")] + arguments + ["--config", configuration]
    // `script` gives the command a terminal, and types there what it reads itself.
    let words =
      answer.map { answer in
        let quoted = command.map { "'\($0)'" }.joined(separator: " ")
        let typing = "printf '%s\\n' \"$1\" | script -qec \"$0\" /dev/null"
        return ["bash", "-o", "pipefail", "-c", typing, quoted, answer]
      } ?? command
    var environment = ["WEIXINPAY_HASTE": "100"]
    environment["SUDO_USER"] = user
    let child = try ChildProcess.start(
      words[0], Array(words.dropFirst()), environment: environment, log: log)
    let exit = try child.wait(patience: .seconds(60))
    let output = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    guard case .code(let code) = exit else { return (nil, output) }
    return (code, output)
  }
}
