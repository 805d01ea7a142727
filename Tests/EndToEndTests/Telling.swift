import Foundation
import MariaDB
import Server
import TestSupport
import Testing

/// What a test sees of the telling of a shop.
extension Site {
  static let webhookKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
  static let previousKey = "whsec_plJ3nmyCDGBKInavdOK15jsl6XGV4gHa"

  /// A site whose shop is told by webhook.
  static func telling(
    _ receiver: Receiver, haste: Int = 10, key: String = "key_file: webhook.key"
  ) throws -> Site {
    try Site(
      .init(
        apiWorkers: 4, haste: haste, hasDuties: true,
        merchantLines: [
          "private_hosts: [127.0.0.1]", "webhook: { url: '\(receiver.url)events', \(key) }",
        ], secrets: ["webhook.key": webhookKey, "previous.key": previousKey]))
  }

  /// Runs one of the operator's commands.
  @discardableResult
  func run(_ arguments: String...) throws -> String {
    try ChildProcess.run(
      builtProduct("weixinpay"), arguments + ["--config", configuration],
      environment: ["WEIXINPAY_HASTE": "100"])
  }

  /// Starts the gateway anew once it has killed itself.
  func reviveGateway() throws {
    #expect(try gatewayProcess.wait() == .signal(SIGKILL))
    try startGateway()
  }

  /// Writes down that orders were closed, of which the shop is to be told.
  func close(_ orders: [String], of merchant: String, dueAt: Int) throws {
    let events = orders.map { "('\(merchant)', '\($0)', 1, 'closed', 1795223000000000)" }
    try execute(
      "INSERT INTO event (merchant, order_no, seq, event, at)"
        + " VALUES \(events.joined(separator: ", "))")
    let duties = orders.map { "('delivery', '\(merchant)', '\($0)', \(dueAt))" }
    try execute(
      "INSERT INTO duty (kind, merchant, subject, due_at)"
        + " VALUES \(duties.joined(separator: ", "))")
  }

  /// Has an order come up now to be told of.
  func bringUp(_ order: String) throws {
    // By its key, as the gateway locks it: who comes by way of an index ends in a deadlock.
    let duty = try query("SELECT id FROM duty WHERE kind = 'delivery' AND subject = '\(order)'")[0]
    try execute(
      "UPDATE duty SET due_at = 0 WHERE id = \(try duty.integer("id")) AND lease_until = 0")
  }

  /// Whether nothing is left to be told.
  func isTold() throws -> Bool {
    try query("SELECT 1 FROM duty WHERE kind = 'delivery' AND done_at IS NULL").isEmpty
  }
}

/// What a webhook said.
struct ToldEvent: Equatable {
  let id: String
  let type: String
  let sequence: Int64
  let order: String

  init(_ message: Receiver.Message) throws {
    let json = try JSON(parsing: message.body)
    id = try #require(message.headers["webhook-id"])
    type = try #require(json["type"]?.string)
    sequence = try #require(json["data"]?["sequence"]?.integer)
    order = try #require(json["data"]?["order_no"]?.string)
  }
}

extension Receiver {
  /// Each order's events in the order in which they were first told.
  func told() throws -> [String: [ToldEvent]] {
    var told: [String: [ToldEvent]] = [:]
    for event in try received.map(ToldEvent.init)
    where told[event.order]?.contains(event) != true {
      told[event.order, default: []].append(event)
    }
    return told
  }
}

extension Receiver.Message {
  /// Whether the signature is right, as the `openssl` command sees it.
  func isSigned(with key: String) throws -> Bool {
    let folder = try TemporaryFolder()
    let id = try #require(headers["webhook-id"])
    let seconds = try #require(headers["webhook-timestamp"])
    try folder.write("\(id).\(seconds).\(text)", to: "signed")
    try folder.write(String(key.dropFirst("whsec_".count)), to: "key")
    let command = """
      key=$(openssl base64 -d -A -in \(folder.file("key")) | od -An -tx1 | tr -d ' \\n')
      openssl dgst -sha256 -mac HMAC -macopt hexkey:$key -binary \(folder.file("signed")) | openssl base64 -A
      """
    let digest = try ChildProcess.run("bash", ["-c", command])
    return try #require(headers["webhook-signature"]).split(separator: " ")
      .contains { $0 == "v1,\(digest)" }
  }
}
