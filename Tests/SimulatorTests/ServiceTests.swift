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
    arguments: [["--speed", "0"], ["--workers", "0"], ["--api-key-file", "/nonexistent"]])
  func `a wrong option ends the command with a usage error`(option: [String]) throws {
    #expect(try service.exitCode(option) == .code(64))
  }
}

/// The command, nginx before it, and a site that takes or refuses notifications.
private final class Service {
  private let folder: TemporaryFolder
  private let authority: CertificateAuthority
  private let nginx: Nginx
  private let settings = Bench.settings
  private var process: ChildProcess?

  init() throws {
    folder = try TemporaryFolder()
    authority = try CertificateAuthority(in: folder.path)
    let certificate = try authority.server(["127.0.0.1"])
    nginx = try Nginx(
      shop: Nginx.Shop(
        socketFolder: folder.path, certificate: certificate,
        siteConfiguration: """
          location = /takes { return 200 '<xml><return_code>SUCCESS</return_code></xml>'; }
          location = /refuses { return 200 '<xml><return_code>FAIL</return_code></xml>'; }
          """),
      simulator: Nginx.Simulator(
        socket: folder.file("wechat.sock"), certificate: certificate,
        clientAuthorityFile: authority.certificateFile))
    try folder.write(settings.apiKey + "\n", to: "api.key")
  }

  private var arguments: [String] {
    [
      "--socket", folder.file("wechat.sock"), "--state", folder.file("state"),
      "--appid", settings.appID, "--app-secret", settings.appSecret, "--mch-id", settings.mchID,
      "--api-key-file", folder.file("api.key"), "--ca-file", authority.certificateFile,
    ]
  }

  func start(speed: Int = 1) throws {
    process = try ChildProcess.start(
      builtProduct("wechat-simulator"), arguments + ["--speed", "\(speed)"],
      log: folder.file("log"))
    try eventually("the simulator") { (try? self.control("GET", "orders")) != nil }
  }

  /// Goes on at another speed. An order is to be paid before time runs fast: at a hundred thousand
  /// times WeChat's speed it expires 72 milliseconds after it was placed.
  func restart(speed: Int) throws {
    _ = try stop()
    try start(speed: speed)
  }

  func stop() throws -> ChildProcess.Exit? {
    process?.terminate()
    return try process?.wait()
  }

  func kill() {
    process?.kill9()
    process = nil
  }

  func exitCode(_ options: [String]) throws -> ChildProcess.Exit {
    try ChildProcess.start(builtProduct("wechat-simulator"), arguments + options).wait()
  }

  /// Logs a buyer in, orders and pays.
  func pay(_ outTradeNo: String, notifyPath: String) throws {
    try pay(outTradeNo, notifyURL: nginx.shopURL + notifyPath)
  }

  func pay(_ outTradeNo: String, notifyURL: String) throws {
    let openID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
    try control("POST", "login", ["openid": .string(openID)])
    var order = Message([
      Field("appid", settings.appID), Field("mch_id", settings.mchID),
      Field("nonce_str", "ibuaiVcKdpRxkhJA"), Field("body", "天天-零食"),
      Field("out_trade_no", outTradeNo), Field("total_fee", "1990"),
      Field("spbill_create_ip", "203.0.113.7"), Field("notify_url", notifyURL),
      Field("trade_type", "JSAPI"), Field("openid", openID),
    ])
    order.sign(.md5, key: settings.apiKey)
    let answer = try XMLReader.read(
      try send("POST", "/pay/unifiedorder", Array(order.document.utf8)).body)
    let prepayID = try #require(answer["prepay_id"])
    // At the highest speed a prepay session lasts 72 ms, less than a loaded machine may take.
    try control("POST", "pay", ["prepay_id": .string(prepayID), "late": true])
  }

  func deliveries() throws -> [JSON] {
    try control("GET", "notifications")["notifications"]?.array ?? []
  }

  /// A control call that has to succeed.
  @discardableResult
  func control(_ method: String, _ name: String, _ body: JSON? = nil) throws -> JSON {
    let answer = try send(method, "/_control/\(name)", body?.bytes ?? [])
    guard answer.status == 200 else {
      throw TestSupportError("\(name): \(answer.status)")
    }
    return try JSON(parsing: answer.body)
  }

  private func send(_ method: String, _ path: String, _ body: [UInt8]) throws -> HTTPResponse {
    var session = try Session(SessionOptions(caFile: authority.certificateFile))
    return try session.send(
      HTTPRequest(
        method: method == "GET" ? .get : .post, url: nginx.simulatorURL + path, body: body),
      connectTimeout: .seconds(5), timeout: .seconds(30))
  }
}
