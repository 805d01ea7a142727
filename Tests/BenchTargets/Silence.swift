import Curl
import Foundation
import MariaDB
import Payments
import Server
import TestSupport

/// Notifications while WeChat answers nobody and every worker for the mini-program waits for it.
struct Silence {
  let stage: Stage
  let buyer: (token: String, openID: OpenID)
  let count: Int
  /// As many as the gateway has workers for the mini-program by default.
  private let workers = 256

  /// One round: before, and while WeChat is silent.
  func run(_ round: Int) throws -> (alone: Load, silent: Load) {
    let notifications = NotificationRounds(stage: stage, openID: buyer.openID, count: count)
    let alone = try notifications.latency("SA\(round)")
    let prefix = "SW\(round)"
    var connection = try stage.connection()
    try connection.addOrders(prefix, workers, of: buyer.openID)
    for endpoint in ["unifiedorder", "orderquery"] {
      try stage.control(
        "fault",
        [
          "endpoint": .string(endpoint), "fault": "delay", "count": 0, "milliseconds": 30_000,
        ])
    }
    let crowd = DispatchGroup()
    for number in 0..<workers {
      let request = HTTPRequest.json(
        stage.shop.shopURL + "/wxpay/pay", token: buyer.token,
        ["out_trade_no": .string("\(prefix)\(1_000_000 + number)")])
      let authority = stage.authority
      crowd.enter()
      Thread {
        // Answered 503 at the deadline, or not at all: what counts is that it waits.
        var session = try? Session(SessionOptions(caFile: authority))
        _ = try? session?.send(request, connectTimeout: .seconds(20), timeout: .seconds(30))
        crowd.leave()
      }.start()
    }
    try eventually("every worker waits for WeChat") {
      try connection.query(
        "SELECT COUNT(*) AS n FROM payment WHERE state = 'created' AND out_trade_no LIKE '\(prefix)%'"
      )[0].integer("n") == workers
    }
    let silent = try notifications.latency("SS\(round)")
    try stage.control("fault/clear", [:])
    crowd.wait()
    return (alone, silent)
  }
}
