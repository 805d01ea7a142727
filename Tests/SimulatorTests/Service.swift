import Curl
import Foundation
import Server
import TestSupport
import Testing

@testable import Simulator

/// The command, nginx before it, and a site that takes or refuses notifications.
final class Service {
  private let folder: TemporaryFolder
  private let authority: CertificateAuthority
  private let nginx: Nginx
  private let merchant: ClientIdentity
  private let settings = Bench.settings
  private var process: ChildProcess?

  /// Whose certificate is shown to WeChat.
  enum Caller {
    case merchant
    case stranger
    case nobody
  }

  init() throws {
    folder = try TemporaryFolder()
    authority = try CertificateAuthority(in: folder.path)
    let certificate = try authority.server(["127.0.0.1"])
    merchant = ClientIdentity(try authority.client(settings.mchID))
    nginx = try Nginx(
      shop: Nginx.Shop(
        socketFolder: folder.path, certificate: certificate,
        siteConfiguration: """
          location = /takes { return 200 '<xml><return_code>SUCCESS</return_code></xml>'; }
          location = /refuses { return 200 '<xml><return_code>FAIL</return_code></xml>'; }
          location = /moved { return 301 /takes; }
          location = /home { return 200 '<!DOCTYPE html><title>shop</title>'; }
          """),
      simulator: Nginx.Simulator(
        socket: folder.file("wechat.sock"), certificate: certificate,
        clientAuthorityFile: authority.certificateFile))
    try folder.write(settings.apiKey + "\n", to: "api.key")
    try folder.write(settings.appSecret + "\n", to: "app.secret")
  }

  private var arguments: [String] {
    [
      "--socket", folder.file("wechat.sock"), "--state", folder.file("state"),
      "--appid", settings.appID, "--app-secret-file", folder.file("app.secret"),
      "--mch-id", settings.mchID,
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

  /// Refunds as the holder of a certificate, at an address of the site that takes notifications.
  func refund(
    _ outTradeNo: String, _ outRefundNo: String, fee: Int = 100, notifyPath: String? = nil,
    as caller: Caller = .merchant
  ) throws -> HTTPResponse {
    var refund = Message([
      Field("appid", settings.appID), Field("mch_id", settings.mchID),
      Field("nonce_str", "ibuaiVcKdpRxkhJA"), Field("out_trade_no", outTradeNo),
      Field("out_refund_no", outRefundNo), Field("total_fee", "1990"),
      Field("refund_fee", "\(fee)"),
    ])
    refund["notify_url"] = notifyPath.map { nginx.shopURL + $0 }
    refund.sign(.md5, key: settings.apiKey)
    let identity: ClientIdentity? =
      switch caller {
      case .merchant: merchant
      case .stranger:
        ClientIdentity(
          try CertificateAuthority(in: folder.path, name: "stranger").client(settings.mchID))
      case .nobody: nil
      }
    return try send("POST", "/secapi/pay/refund", Array(refund.document.utf8), identity)
  }

  func refunds() throws -> [JSON] {
    try control("GET", "refunds")["refunds"]?.array ?? []
  }

  func refundDeliveries() throws -> [JSON] {
    try control("GET", "refund-notifications")["notifications"]?.array ?? []
  }

  /// An address of the site.
  func siteURL(_ path: String) -> String { nginx.shopURL + path }

  /// The lines that the command has written on standard error.
  func log() -> [Substring] {
    ((try? String(contentsOfFile: folder.file("log"), encoding: .utf8)) ?? "")
      .split(separator: "\n")
  }

  /// What was posted to an address of the site, oldest first, as the wire log has it.
  func posted(to path: String) throws -> [Message] {
    try String(contentsOfFile: folder.file("state/wire.log"), encoding: .utf8)
      .split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
      .filter { $0["direction"] == "out" && $0["path"] == .string(nginx.shopURL + path) }
      .compactMap { try $0["request"]?.string.map { try XMLReader.read(Array($0.utf8)) } }
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

  private func send(
    _ method: String, _ path: String, _ body: [UInt8], _ identity: ClientIdentity? = nil
  ) throws -> HTTPResponse {
    var session = try Session(
      SessionOptions(caFile: authority.certificateFile, identity: identity, freshConnection: true))
    return try session.send(
      HTTPRequest(
        method: method == "GET" ? .get : .post, url: nginx.simulatorURL + path, body: body),
      connectTimeout: .seconds(5), timeout: .seconds(30))
  }
}

extension ClientIdentity {
  fileprivate init(_ identity: CertificateAuthority.Identity) {
    self.init(certificate: identity.certificate, privateKey: identity.privateKey)
  }
}
