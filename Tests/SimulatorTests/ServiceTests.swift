import Curl
import Foundation
import Server
import TestSupport
import Testing

@testable import Simulator

/// The real command behind a real nginx, notifying a real site.
@Suite struct ServiceTests {
  private let service: Service

  init() throws { service = try Service() }

  @Test func `an order is placed, paid and acknowledged over TLS`() throws {
    try service.start()
    try service.pay("ORDER-1", notifyPath: "/takes")
    try eventually("the acknowledgement") { try service.deliveries().first?["acked"] == true }
    let delivery = try #require(try service.deliveries().first)
    #expect(delivery["attempt"]?.integer == 1 && delivery["status"]?.integer == 200)
    #expect(try service.deliveries().count == 1)
    #expect(try service.stop() == .code(0))
  }

  @Test func `a notification that is refused comes sixteen times, then never again`() throws {
    try service.start()
    try service.pay("ORDER-1", notifyPath: "/refuses")
    try service.restart(speed: 100_000)
    try eventually("the last attempt") { try service.deliveries().count == 16 }
    #expect(try service.deliveries().map { $0["attempt"]?.integer } == Array(1...16))
    Thread.sleep(forTimeInterval: 0.5)
    #expect(try service.deliveries().count == 16)
  }

  @Test func `deliveries go on after a kill`() throws {
    try service.start()
    try service.pay("ORDER-1", notifyPath: "/refuses")
    // Three hours take a second: after ten attempts there is time to kill.
    try service.restart(speed: 10_800)
    try eventually("ten attempts") { try service.deliveries().count >= 10 }
    service.kill()
    try service.start(speed: 100_000)
    try eventually("the last attempt") { try service.deliveries().count == 16 }
    #expect(try service.deliveries().map { $0["attempt"]?.integer } == Array(1...16))
  }

  @Test func `copies sent at once are all answered`() throws {
    try service.start()
    try service.pay("ORDER-1", notifyPath: "/takes")
    let replies = try service.control(
      "POST", "notify", ["out_trade_no": "ORDER-1", "probe": "duplicate", "count": 20])
    #expect(replies.array?.count == 20)
    #expect(replies.array?.allSatisfy { $0["acked"] == true } == true)
  }

  @Test func `a site that does not answer costs an attempt`() throws {
    try service.start()
    try service.pay("ORDER-1", notifyURL: "https://127.0.0.1:\(try freePort())/notify")
    try eventually("an attempt") { try !service.deliveries().isEmpty }
    let delivery = try #require(try service.deliveries().first)
    #expect(delivery["status"]?.integer == 0 && delivery["acked"] == false)
  }

  @Test func `a lost notification never comes`() throws {
    try service.start()
    try service.control("POST", "fault", ["endpoint": "notify", "fault": "lose"])
    try service.pay("ORDER-1", notifyPath: "/takes")
    try service.pay("ORDER-2", notifyPath: "/takes")
    try eventually("the other one") { try !service.deliveries().isEmpty }
    #expect(try service.deliveries().map { $0["out_trade_no"] } == ["ORDER-2"])
  }

  @Test func `an acknowledgement that gets lost is followed by a duplicate`() throws {
    try service.start()
    try service.control("POST", "fault", ["endpoint": "notify", "fault": "drop_after"])
    try service.pay("ORDER-1", notifyPath: "/takes")
    try eventually("the first attempt") { try service.deliveries().count == 1 }
    try service.restart(speed: 100_000)
    try eventually("the acknowledgement") { try service.deliveries().last?["acked"] == true }
    #expect(try service.deliveries().map { $0["acked"] } == [false, true])
  }

  @Test(
    arguments: [
      ("/takes", "level=info", "result=SUCCESS"), ("/refuses", "level=warning", "FAIL"),
      ("/moved", "level=warning", "redirected"), ("/home", "level=warning", "<!DOCTYPE html>"),
      ("/nowhere", "level=warning", "the site has nothing at this address"),
    ])
  func `each notification is a line that says what came of it`(
    path: String, level: String, result: String
  ) throws {
    try service.start()
    try service.pay("ORDER-1", notifyPath: path)
    try eventually("the line") { self.told("payment notification") != nil }
    let line = try #require(self.told("payment notification"))
    for part in [level, "out_trade_no=ORDER-1", "attempt=1/16", service.siteURL(path), result] {
      #expect(line.contains(part), "\(line)")
    }
  }

  @Test(
    arguments: [
      ("https://no-such-host.invalid/notify", "/etc/hosts"), ("closed", "nothing listens there"),
      ("tls", "--ca-file"),
    ])
  func `a notification that cannot be delivered is a warning that says why`(
    place: String, remedy: String
  ) throws {
    try service.start()
    let url =
      switch place {
      case "closed": "https://127.0.0.1:\(try freePort())/notify"
      // The certificate is made out to the address.
      case "tls": service.siteURL("/takes").replacingOccurrences(of: "127.0.0.1", with: "localhost")
      default: place
      }
    try service.pay("ORDER-1", notifyURL: url)
    try eventually("the line") { self.told("payment notification") != nil }
    let line = try #require(self.told("payment notification"))
    for part in ["level=warning", "to=", "status=0", remedy] {
      #expect(line.contains(part), "\(line)")
    }
  }

  private func told(_ event: String) -> Substring? {
    service.log().first { $0.contains("event=\"\(event)\"") }
  }

  @Test(
    arguments: [
      ["--speed", "0"], ["--workers", "0"], ["--api-key-file", "/nonexistent"],
      ["--app-secret-file", "/nonexistent"], ["--app-secret", "0123456789abcdef"],
    ])
  func `a wrong option ends the command with a usage error`(option: [String]) throws {
    #expect(try service.exitCode(option) == .code(64))
  }
}
