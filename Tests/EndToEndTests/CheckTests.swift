import Foundation
import TestSupport
import Testing

/// `weixinpay check` beside a gateway that serves, with WeChat behind it.
@Suite struct CheckTests {
  /// What `check` prints for the site's settings after some of their text was replaced.
  private func check(_ site: Site, _ replacing: [String: String] = [:]) throws -> [String] {
    var text = try String(contentsOfFile: site.configuration, encoding: .utf8)
    for (old, new) in replacing {
      #expect(text.contains(old))
      text = text.replacing(old, with: new)
    }
    // Beside the other one, as paths are relative to it.
    let file = site.folder.file("checked.yaml")
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    let output = site.folder.file("check-\(UUID().uuidString).log")
    let process = try ChildProcess.start(
      builtProduct("weixinpay"), ["check", "--config", file], log: output)
    try process.wait(patience: .seconds(60))
    return try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map(
      String.init)
  }

  @Test func `check proves key, secret and addresses, and names what WeChat does not take`() throws
  {
    let site = try Site()
    for (name, secret) in [
      ("wrong.key", "Zk3v9Qm27XbT81LpR5wYc6HdF0sJaGn4"),
      ("wrong.secret", "0123456789abcdef0123456789abcdef"),
    ] {
      try site.folder.write(secret, to: name)
      chmod(site.folder.file(name), 0o600)
    }
    let good = try check(site)
    for line in [
      "ok   merchants.main: WeChat knows mch_id \(Site.merchantID), appid and API key",
      "ok   merchants.main.app_secret_file: WeChat knows appid \(Site.appID) and its AppSecret",
      "ok   clock: agrees with WeChat's",
      "ok   serve: running: its sockets are open",
      "ok   merchants.main.notify_url: \(site.nginx.shopURL)/wxpay/receive-notify leads to the gateway",
      "ok   merchants.main.refund_notify_url: \(site.nginx.shopURL)/wxpay/receive-refund-notify leads to"
        + " the gateway",
    ] {
      #expect(good.contains(line), "\(good.joined(separator: "\n"))")
    }

    func finding(_ start: String, _ replacing: [String: String]) throws -> String {
      let lines = try check(site, replacing)
      return try #require(
        lines.first { $0.hasPrefix(start) }, "\(lines.joined(separator: "\n"))")
    }
    let key = try finding(
      "FAIL merchants.main: ", ["api_key_file: api.key": "api_key_file: wrong.key"])
    #expect(key.contains("签名") && key.contains("compare api_key_file"), "\(key)")
    let mchID = try finding("FAIL merchants.main: ", [Site.merchantID: "1900000108"])
    #expect(mchID.contains("correct mch_id"), "\(mchID)")
    let appID = try finding(
      "FAIL merchants.main.app_secret_file: ", [Site.appID: "wx0123456789abcdef"])
    #expect(appID.contains("40013") && appID.contains("correct appid"), "\(appID)")
    let secret = try finding(
      "FAIL merchants.main.app_secret_file: ",
      ["app_secret_file: app.secret": "app_secret_file: wrong.secret"])
    #expect(secret.contains("40125") && secret.contains("AppSecret"), "\(secret)")
    let path = try finding(
      "FAIL merchants.main.notify_url: ", ["/wxpay/receive-notify": "/notify.php"])
    #expect(path.contains("HTTP 404 by something else"), "\(path)")
    // What does not answer is no fault of the settings.
    try site.stopWeChat()
    let silent = try check(site)
    #expect(!silent.contains { $0.hasPrefix("FAIL merchants.main") })
  }

  @Test func `an old script that is not where it is said to be is found before the first payment`()
    throws
  {
    let receiver = try Receiver { message, _ in
      switch message.path {
      case "/gone.php": .reply(404)
      case "/moved.php": .redirect("/gone.php")
      case "/strict.php": .reply(405)
      default: .reply(200)
      }
    }
    let site = try Site(
      .init(merchantLines: [
        "private_hosts: [127.0.0.1]", "relay: { payment_url: '\(receiver.url)gone.php' }",
      ]))
    func finding(_ path: String) throws -> String {
      let lines = try check(site, ["gone.php": path])
      return try #require(lines.first { $0.contains("merchants.main.relay.payment_url: ") })
    }
    #expect(try finding("gone.php").hasPrefix("warn merchants.main.relay.payment_url: nothing"))
    #expect(try finding("moved.php").contains("no redirect is followed"))
    for path in ["strict.php", "notify.php"] {
      #expect(try finding(path).hasPrefix("ok "), "\(path)")
    }
    // A script that grants points must not be told of a payment that never was.
    #expect(receiver.received.allSatisfy { $0.method == "HEAD" && $0.body.isEmpty })
  }
}
