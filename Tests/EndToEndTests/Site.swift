import Curl
import Foundation
import MariaDB
import Server
import Synchronization
import TestSupport

/// A shop as it stands on the internet: nginx, gateway, MariaDB, and a WeChat to pay through; every
/// part is the real program in a process of its own.
final class Site: Sendable {
  let folder: TemporaryFolder
  let nginx: Nginx
  let database: String
  let cashier: String
  let reviewer: String
  let configuration: String
  private let authority: CertificateAuthority
  private let options: Options
  private let server: PrivateMariaDB
  private let gateway: Mutex<ChildProcess?>
  private let simulator: Mutex<ChildProcess?>

  var authorityFile: String { authority.certificateFile }

  static let appID = "wxd678efh567hg6787"
  static let merchantID = "1230000109"

  struct Options {
    var signType = "MD5"
    var apiWorkers = 64
    var apiDeadlineSeconds: Int?
    var merchantDeadlineSeconds: Int?
    /// Real seconds of WeChat's schedule per second here.
    var speed = 1000
    var server: PrivateMariaDB?
    /// Whether the gateway serves another merchant beside `main`, which WeChat does not know here.
    var hasSecondMerchant = false
    /// Whether the merchant has the certificate that refunds need.
    var hasCertificate = true
    /// By how much the gateway's waiting for what is due later is shortened.
    var haste = 100
    /// Whether the gateway does what is due; without, only what it is asked to.
    var hasDuties = false
    /// `accept` or `refund`.
    var latePayment = "accept"
    /// Whether worker processes answer; else the one process that a crash point ends for good.
    var isSupervised = false
    /// How the shop is told: lines of the merchant, lines before `merchants`, further secret files.
    var merchantLines: [String] = []
    var lines: [String] = []
    var secrets: [String: String] = [:]

    /// A gateway that does by itself what is due.
    static let withDuties = Options(hasDuties: true)
  }

  init(_ options: Options = Options()) throws {
    folder = try TemporaryFolder()
    server = try options.server ?? PrivateMariaDB.shared
    authority = try CertificateAuthority(in: folder.path)
    let certificate = try authority.server(["127.0.0.1", "localhost"])
    nginx = try Nginx(
      shop: .init(socketFolder: folder.path, certificate: certificate),
      simulator: .init(
        socket: folder.file("wechat.sock"), certificate: certificate,
        clientAuthorityFile: authority.certificateFile))
    database = "weixinpay_\(UInt32.random(in: 0 ... .max))"
    let identity = options.hasCertificate ? try authority.client(Self.merchantID) : nil
    for file in [identity?.certificateFile, identity?.privateKeyFile].compactMap(\.self) {
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    }
    configuration = try Self.write(
      options, folder, nginx: nginx, server: server, database: database,
      authority: authority.certificateFile, identity: identity)
    try ChildProcess.run(builtProduct("weixinpay"), ["migrate", "--config", configuration])
    cashier = try Self.token(role: "cashier", merchant: "main", configuration)
    reviewer = try Self.token(role: "reviewer", merchant: "main", configuration)
    simulator = Mutex(nil)
    gateway = Mutex(nil)
    self.options = options
    try FileManager.default.createDirectory(
      atPath: folder.file("wechat"), withIntermediateDirectories: false)
    try startWeChat()
    try startGateway()
  }

  func startWeChat() throws {
    let process = try ChildProcess.start(
      builtProduct("wechat-simulator"),
      [
        "--socket", folder.file("wechat.sock"), "--state", folder.file("wechat"), "--appid",
        Self.appID, "--app-secret-file", folder.file("app.secret"), "--mch-id",
        Self.merchantID, "--api-key-file", folder.file("api.key"), "--ca-file",
        authority.certificateFile, "--speed", "\(options.speed)",
      ], log: folder.file("simulator.log"), removing: folder)
    simulator.withLock { $0 = process }
    try eventually("the simulator") { (try? self.control("GET", "orders"))?.status == 200 }
  }

  func stopWeChat() throws {
    let process = simulator.withLock { $0.take() }
    process?.terminate()
    try process?.wait()
  }

  // MARK: the gateway's life

  /// Starts the gateway and waits until it answers.
  ///
  /// - Parameter crashPoint: where it is to kill itself, such as `N4` or `P1:2`.
  func startGateway(crashPoint: String? = nil) throws {
    var environment = ["WEIXINPAY_HASTE": "\(options.haste)"]
    environment["WEIXINPAY_CRASH_POINT"] = crashPoint
    let serving = servingWorkers
    let process = try ChildProcess.start(
      builtProduct("weixinpay"),
      ["serve", "--config", configuration] + (options.hasDuties ? [] : ["--no-duties"])
        + (options.isSupervised ? [] : ["--single-process"]),
      environment: environment, log: folder.file("gateway.log"))
    gateway.withLock { $0 = process }
    try eventually("the gateway") {
      guard process.isRunning else {
        throw TestSupportError("the gateway ended:\n" + self.gatewayLog())
      }
      return (try? self.send("GET", "/wxpay/health"))?.status == 200
    }
    // One answers while the others may still read the configuration.
    guard options.isSupervised else { return }
    try eventually("all workers") { self.servingWorkers == serving + 2 }
  }

  /// Ends the gateway and starts it again.
  func restartGateway(crashPoint: String? = nil) throws {
    let process = try gatewayProcess
    process.terminate()
    try process.wait()
    try startGateway(crashPoint: crashPoint)
  }

  var gatewayProcess: ChildProcess {
    get throws {
      guard let process = gateway.withLock({ $0 }) else {
        throw TestSupportError("the gateway was never started")
      }
      return process
    }
  }

  /// How many workers have ever said that they work.
  var servingWorkers: Int {
    gatewayLog().components(separatedBy: "event=\"worker serves\"").count - 1
  }

  /// The gateway's worker processes.
  func workers() throws -> Set<pid_t> {
    let master = try gatewayProcess.pid
    let children = try String(
      contentsOfFile: "/proc/\(master)/task/\(master)/children", encoding: .utf8)
    // The guard of the test is another child.
    return Set(
      children.split(separator: " ").compactMap { pid_t($0) }.filter {
        (try? String(contentsOfFile: "/proc/\($0)/comm", encoding: .utf8)) == "weixinpay\n"
      })
  }

  func gatewayLog() -> String {
    (try? String(contentsOfFile: folder.file("gateway.log"), encoding: .utf8)) ?? ""
  }

  /// Waits for a line: the log is written beside the answers, and may come after them.
  ///
  /// - Parameter count: how many times the words must be there.
  func waitForLog(_ words: String, count: Int = 1) throws {
    try eventually("\(words) in the log") {
      self.gatewayLog().components(separatedBy: words).count > count
    }
  }

  // MARK: requests

  struct Reply: Sendable {
    let status: Int
    let body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON { (try? JSON(parsing: body)) ?? .null }
    /// `code` of an error answer.
    var code: String? { json["code"]?.string }
  }

  func send(
    _ method: String, _ path: String, token: String? = nil, body: [UInt8] = [],
    contentType: String? = "application/json", key: String? = nil,
    timeout: Duration = .seconds(30)
  ) throws -> Reply {
    try Self.request(
      method, nginx.shopURL + path, token: token, body: body, contentType: contentType, key: key,
      authority: authority.certificateFile, timeout: timeout)
  }

  /// - Parameter key: the request's `Idempotency-Key`.
  func send(
    _ method: String, _ path: String, token: String? = nil, key: String? = nil, json: JSON
  ) throws -> Reply {
    try send(method, path, token: token, body: json.bytes, key: key)
  }

  /// The levers of the simulated WeChat.
  @discardableResult
  func control(_ method: String, _ path: String, _ json: JSON? = nil) throws -> Reply {
    try Self.request(
      method, nginx.simulatorURL + "/_control/" + path, token: nil, body: json?.bytes ?? [],
      contentType: "application/json", authority: authority.certificateFile, timeout: .seconds(60))
  }

  private static func request(
    _ method: String, _ url: String, token: String?, body: [UInt8], contentType: String?,
    key: String? = nil, authority: String, timeout: Duration
  ) throws -> Reply {
    var session = try Session(SessionOptions(caFile: authority))
    let headers = [("Authorization", token.map { "Bearer \($0)" }), ("Idempotency-Key", key)]
      .compactMap { name, value in value.map { (name, $0) } }
    let response = try session.send(
      HTTPRequest(
        method: method == "GET" ? .get : .post, url: url, contentType: contentType,
        headers: headers, body: body),
      connectTimeout: .seconds(5), timeout: timeout)
    return Reply(status: response.status, body: response.body)
  }

  // MARK: the database

  func query(_ sql: String) throws -> [Row] {
    var connection = try Connection(server.settings(database: database))
    return try connection.query(sql)
  }

  /// Changes the database behind the gateway's back.
  func execute(_ sql: String) throws {
    var connection = try Connection(server.settings(database: database))
    try connection.execute(sql, [])
  }

  func count(_ table: String, where condition: String) throws -> Int {
    Int(try query("SELECT COUNT(*) AS n FROM \(table) WHERE \(condition)")[0].integer("n"))
  }

  /// A checksum of what must not change when a request is refused.
  func digest() throws -> [String: Int64] {
    let tables = [
      "shop_order", "payment", "refund", "notification", "journal", "merchant_token", "duty",
    ]
    return try Dictionary(
      uniqueKeysWithValues: tables.map { table in
        (table, try query("CHECKSUM TABLE \(table)")[0].integer("Checksum"))
      })
  }

  // MARK: setting up

  private static func write(
    _ options: Options, _ folder: TemporaryFolder, nginx: Nginx, server: PrivateMariaDB,
    database: String, authority: String, identity: CertificateAuthority.Identity?
  ) throws -> String {
    for (name, secret) in [
      ("db.password", "service-password-1"), ("app.secret", "app-secret-of-the-shop-0000000001"),
      ("api.key", "k8Vn2QxT5mZc7LrB9sWd3FgHj4KpYa6E"),
      ("second.key", "q7Rt3WyU9pLk2JhGf5DsAz8XcVbN4mE6"),
    ] + options.secrets.map({ ($0.key, $0.value) }) {
      try folder.write(secret, to: name)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o600], ofItemAtPath: folder.file(name))
    }
    let deadline = options.apiDeadlineSeconds.map { ", deadline: \($0)" } ?? ""
    let merchantDeadline = options.merchantDeadlineSeconds.map { ", deadline: \($0)" } ?? ""
    return try folder.write(
      """
      listen:
        api:      { socket: api.sock, workers: \(options.apiWorkers)\(deadline) }
        notify:   { socket: notify.sock, workers: 16 }
        merchant: { socket: merchant.sock, workers: 8\(merchantDeadline) }
      database:
        { socket: "\(server.socket)", name: \(database), user: service_\(database.suffix(9)),
          password_file: db.password, connections: 16 }
      wechat:
        pay: ["\(nginx.simulatorURL)"]
        login: "\(nginx.simulatorURL)"
        ca_file: "\(authority)"
      \(options.lines.joined(separator: "\n"))
      merchants:
        main:
          appid: \(appID)
          app_secret_file: app.secret
          mch_id: "\(merchantID)"
          api_key_file: api.key
          sign_type: \(options.signType)
          notify_url: \(nginx.shopURL)/wxpay/receive-notify
          refund_notify_url: \(nginx.shopURL)/wxpay/receive-refund-notify
          late_payment: \(options.latePayment)
          \(identity.map { "certificate_file: \"\($0.certificateFile)\"" } ?? "")
          \(identity.map { "private_key_file: \"\($0.privateKeyFile)\"" } ?? "")
          \(options.merchantLines.joined(separator: "\n    "))
      \(options.hasSecondMerchant ? secondMerchant(nginx) : "")
      """, to: "weixinpay.yaml")
  }

  private static func secondMerchant(_ nginx: Nginx) -> String {
    """
      second:
        appid: wx0123456789abcdef
        app_secret_file: app.secret
        mch_id: "1900000109"
        api_key_file: second.key
        sign_type: MD5
        notify_url: \(nginx.shopURL)/wxpay/receive-notify/second
    """
  }

  private static func token(
    role: String, merchant: String, _ configuration: String
  ) throws -> String {
    let output = try ChildProcess.run(
      builtProduct("weixinpay"),
      [
        "token", "create", "--config", configuration, "--role", role, "--name", "test-\(role)",
        "--merchant", merchant,
      ])
    guard let token = output.split(separator: "\n").last, token.count == 64 else {
      throw TestSupportError("token create printed: \(output)")
    }
    return String(token)
  }

  func token(role: String, merchant: String = "main") throws -> String {
    try Self.token(role: role, merchant: merchant, configuration)
  }
}
