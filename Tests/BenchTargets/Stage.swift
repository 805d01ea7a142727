import Curl
import Foundation
import MariaDB
import Payments
import Server
import TestSupport
import WeChatPay

/// The shop with everything around it, and its peers; every part is the real program in a process of
/// its own.
final class Stage {
  let shop: Nginx
  let weChat: Nginx
  let authority: String
  let merchant: Merchant
  private(set) var gateway: ChildProcess
  private(set) var php: ChildProcess?
  private let folder: TemporaryFolder
  private let server: PrivateMariaDB
  private let others: [ChildProcess]
  private let configuration: String

  static let database = "weixinpay"
  private static let appSecret = "app-secret-of-the-shop-0000000001"
  private static let key = "k8Vn2QxT5mZc7LrB9sWd3FgHj4KpYa6E"

  /// - Parameter withPHP: whether php-fpm stands beside the gateway, at `/peer/notify.php`.
  init(withPHP: Bool) throws {
    folder = try TemporaryFolder()
    // MariaDB's own defaults instead of the small ones of tests.
    server = try PrivateMariaDB(extraOptions: [
      "--innodb-buffer-pool-size=128M", "--innodb-log-file-size=96M",
    ])
    let certificates = try CertificateAuthority(in: folder.path)
    authority = certificates.certificateFile
    let certificate = try certificates.server(["127.0.0.1"])
    shop = try Nginx(
      shop: .init(
        socketFolder: folder.path, certificate: certificate,
        siteConfiguration: Self.peerLocations(folder)), connections: 8192)
    weChat = try Nginx(
      simulator: .init(
        socket: folder.file("wechat.sock"), certificate: certificate,
        clientAuthorityFile: authority), connections: 8192)
    merchant = try Self.merchant(notifyURL: shop.shopURL + "/wxpay/receive-notify")
    for (name, secret) in [
      ("db.password", "service-password-1"), ("app.secret", Self.appSecret), ("api.key", Self.key),
    ] {
      try folder.write(secret, to: name)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o600], ofItemAtPath: folder.file(name))
    }
    // As large as in production, where the system's authorities are trusted.
    let system = try String(contentsOfFile: "/etc/ssl/certs/ca-certificates.crt", encoding: .utf8)
    let trusted = try folder.write(
      system + String(contentsOfFile: authority, encoding: .utf8), to: "trusted.pem")
    configuration = try folder.write(
      Self.settings(folder, merchant, server, weChat: weChat.simulatorURL, trusted: trusted),
      to: "weixinpay.yaml")
    try ChildProcess.run(builtProduct("weixinpay"), ["migrate", "--config", configuration])
    others = try Self.startOthers(folder, authority: authority)
    php = withPHP ? try Self.startPHP(folder, server) : nil
    gateway = try Self.startGateway(folder, configuration, shop, authority)
  }

  /// Ends the gateway and starts it with another number of workers for the mini-program.
  func restartGateway(workers: Int) throws {
    gateway.terminate()
    try gateway.wait()
    let settings = try String(contentsOfFile: configuration, encoding: .utf8)
    try folder.write(
      settings.replacing(/api\.sock(, workers: [0-9]+)?/, with: "api.sock, workers: \(workers)"),
      to: "weixinpay.yaml")
    gateway = try Self.startGateway(folder, configuration, shop, authority)
  }

  // MARK: the database

  /// A connection of the administrator, with patience for large statements.
  func connection() throws -> Connection { try Connection(settings(limit: .seconds(60))) }

  /// The peer's access: as many connections as the gateway has by default.
  func connections() -> Database { Database(settings(limit: .seconds(2)), connections: 16) }

  private func settings(limit: Duration) -> ConnectionSettings {
    var settings = server.settings(database: Self.database)
    settings.statementLimit = limit
    return settings
  }

  // MARK: requests

  func send(_ request: HTTPRequest) throws -> JSON {
    var session = try Session(SessionOptions(caFile: authority))
    let response = try session.send(request, connectTimeout: .seconds(5), timeout: .seconds(30))
    guard response.status == 200 else {
      throw TestSupportError(
        "\(request.url): \(response.status) \(String(decoding: response.body, as: UTF8.self))")
    }
    return try JSON(parsing: response.body)
  }

  /// The levers of the simulated WeChat.
  @discardableResult
  func control(_ path: String, _ json: JSON) throws -> JSON {
    try send(.json(weChat.simulatorURL + "/_control/" + path, json))
  }

  /// A buyer who is logged in: the bearer token, and the openid that WeChat told the gateway.
  func login() throws -> (token: String, openID: OpenID) {
    let code = try control("login", [:])
    let session = try send(.json(shop.shopURL + "/wxpay/login", ["code": code["code"] ?? .null]))
    guard let token = session["token"]?.string,
      let openID = code["openid"]?.string.flatMap(OpenID.init)
    else { throw TestSupportError("login: \(session)") }
    return (token, openID)
  }
}

extension HTTPRequest {
  static func json(_ url: String, token: String? = nil, _ json: JSON) -> HTTPRequest {
    HTTPRequest(
      method: .post, url: url, contentType: "application/json",
      headers: token.map { [("Authorization", "Bearer \($0)")] } ?? [], body: json.bytes)
  }

  static func xml(_ url: String, _ fields: Fields) -> HTTPRequest {
    HTTPRequest(method: .post, url: url, contentType: "text/xml", body: FlatXML.write(fields))
  }
}

// MARK: Setting up

extension Stage {
  private static func merchant(notifyURL: String) throws -> Merchant {
    guard let name = MerchantName("main"), let appID = AppID("wxd678efh567hg6787"),
      let merchantID = MerchantID("1230000109")
    else { throw TestSupportError("the merchant's numbers have lost their shape") }
    return Merchant(
      name: name, appID: appID, appSecret: Secret(appSecret), merchantID: merchantID,
      apiKey: try APIKey(key), signType: .md5, notifyURL: notifyURL, refundNotifyURL: nil)
  }

  /// Everything is at its default but what must be named.
  private static func settings(
    _ folder: TemporaryFolder, _ merchant: Merchant, _ server: PrivateMariaDB, weChat: String,
    trusted: String
  ) -> String {
    """
    listen:
      api: { socket: api.sock }
      notify: { socket: notify.sock }
      merchant: { socket: merchant.sock }
    database:
      { socket: "\(server.socket)", name: \(database), user: service, password_file: db.password }
    wechat:
      pay: ["\(weChat)"]
      login: "\(weChat)"
      ca_file: "\(trusted)"
    merchants:
      main:
        appid: \(merchant.appID)
        app_secret_file: app.secret
        mch_id: "\(merchant.merchantID)"
        api_key_file: api.key
        notify_url: \(merchant.notifyURL)
    """
  }

  private static func peerLocations(_ folder: TemporaryFolder) -> String {
    """
    location = /peer/nothing { return 204; }
    location = /peer/echo {
      fastcgi_param WEIXINPAY_ROUTE echo;
      include weixinpay_params;
      fastcgi_pass unix:\(folder.file("echo.sock"));
    }
    location = /peer/notify.php {
      fastcgi_param SCRIPT_FILENAME \(sourceFile("Tests/BenchTargets/notify.php"));
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_pass unix:\(folder.file("php.sock"));
    }
    """
  }

  private static func startGateway(
    _ folder: TemporaryFolder, _ configuration: String, _ shop: Nginx, _ authority: String
  ) throws -> ChildProcess {
    let process = try ChildProcess.start(
      builtProduct("weixinpay"), ["serve", "--config", configuration],
      log: folder.file("gateway.log"), removing: folder)
    try eventually("the gateway") {
      guard process.isRunning else {
        throw TestSupportError(
          try String(contentsOfFile: folder.file("gateway.log"), encoding: .utf8))
      }
      var session = try Session(SessionOptions(caFile: authority))
      let health = HTTPRequest(method: .get, url: shop.shopURL + "/wxpay/health")
      let response = try session.send(
        health, connectTimeout: .seconds(5), timeout: .seconds(5))
      return response.status == 200
    }
    return process
  }

  private static func startOthers(
    _ folder: TemporaryFolder, authority: String
  ) throws -> [ChildProcess] {
    let processes = [
      try ChildProcess.start(
        builtProduct("wechat-simulator"),
        [
          "--socket", folder.file("wechat.sock"), "--state", folder.file("wechat"),
          "--appid", "wxd678efh567hg6787", "--app-secret-file", folder.file("app.secret"),
          "--mch-id", "1230000109", "--api-key-file", folder.file("api.key"),
          "--ca-file", authority, "--workers", "1100",
        ], log: folder.file("simulator.log"), removing: folder),
      try ChildProcess.start(
        builtProduct("bench"), ["echo", folder.file("echo.sock")], log: folder.file("echo.log"),
        removing: folder),
    ]
    for socket in ["wechat.sock", "echo.sock"] { try waitForSocket(folder.file(socket)) }
    return processes
  }

  private static func startPHP(
    _ folder: TemporaryFolder, _ server: PrivateMariaDB
  ) throws -> ChildProcess {
    let pool = try folder.write(
      """
      [global]
      error_log = \(folder.file("php.log"))
      [www]
      user = \(server.user)
      listen = \(folder.file("php.sock"))
      pm = static
      pm.max_children = 16
      env[API_KEY] = \(key)
      env[DATABASE_SOCKET] = \(server.socket)
      env[DATABASE_USER] = \(server.user)
      env[DATABASE_NAME] = \(database)
      """, to: "php-fpm.conf")
    let program = ProcessInfo.processInfo.environment["PHP_FPM"] ?? "php-fpm"
    let process = try ChildProcess.start(
      program, ["--nodaemonize", "--allow-to-run-as-root", "--fpm-config", pool],
      log: folder.file("php.log"), removing: folder)
    try waitForSocket(folder.file("php.sock"))
    return process
  }

  private static func waitForSocket(_ path: String) throws {
    try eventually(path) { FileManager.default.fileExists(atPath: path) }
  }
}
