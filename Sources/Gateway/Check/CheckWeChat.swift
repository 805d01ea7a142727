import Configuration
import Curl
import Linux
import OpenSSL
import Payments
import WeChatPay

extension Check {
  /// Whether WeChat answers, and knows the merchants by what the settings say.
  static func checkWeChat(_ wechat: WeChatSettings, _ merchants: [Merchant]) -> [Finding] {
    let hosts = (wechat.pay + [wechat.login]).map { host in
      checkHost(host, wechat)
    }
    let date = hosts.compactMap(\.clock).first
    return hosts.map(\.finding) + (date.map { [$0] } ?? [])
      + merchants.flatMap { merchant -> [Finding] in
        var findings: [Finding] = []
        // A host that gave no answer gives none to further questions either.
        if hosts.dropLast().contains(where: { $0.finding.level == .ok }) {
          findings.append(checkKey(merchant, wechat))
        }
        if hosts.last?.finding.level == .ok { findings.append(checkSecret(merchant, wechat)) }
        return findings
      }
  }

  /// A handshake, as nothing else tells whether the network lets us out.
  private static func checkHost(
    _ host: String, _ wechat: WeChatSettings
  ) -> (finding: Finding, clock: Finding?) {
    do throws(CurlError) {
      var session = try Session(SessionOptions(caFile: wechat.caFile))
      let response = try session.send(
        HTTPRequest(method: .get, url: host + "/"), connectTimeout: .seconds(2),
        timeout: .seconds(10))
      guard response.status < 500 else {
        return (
          .warn(
            "wechat", "\(host) answers with HTTP \(response.status)", "run check again in a minute"),
          nil
        )
      }
      return (
        .ok("wechat", "\(host) answers"),
        response.date.map { checkClock(against: $0, now: microsecondsSince1970() / 1_000_000) }
      )
    } catch {
      let finding = Finding.warn(
        "wechat", "no answer from \(error.message)",
        "look at DNS, firewall and certificates of this machine")
      return (finding, nil)
    }
  }

  /// WeChat takes an order's times by its own clock, and certificates are judged by ours.
  static func checkClock(against theirs: Int64, now: Int64) -> Finding {
    let seconds = abs(now - theirs)
    guard seconds > 60 else { return .ok("clock", "agrees with WeChat's") }
    let sentence =
      "this machine's clock is \(seconds) seconds \(now > theirs ? "ahead of" : "behind") WeChat's"
    let remedy = "set the clock; run an NTP client"
    return seconds > 300 ? .fail("clock", sentence, remedy) : .warn("clock", sentence, remedy)
  }

  /// An order that cannot exist is asked for: WeChat says so only to the merchant itself.
  private static func checkKey(_ merchant: Merchant, _ wechat: WeChatSettings) -> Finding {
    let subject = "merchants.\(merchant.name)"
    let number = OutTradeNo("check-" + hexadecimal(randomBytes(13)))
    guard let number else { return .ok(subject, "not asked for at WeChat") }
    let call = WeiXinPay(
      merchant: merchant, hosts: wechat.hosts(sessions: 1, loginSessions: 1),
      deadline: .now + .seconds(5))
    do {
      _ = try call.query(number)
      return .ok(subject, "WeChat knows mch_id and API key")
    } catch {
      if error.code == .orderNotExist {
        return .ok(subject, "WeChat knows mch_id \(merchant.merchantID), appid and API key")
      }
      guard let words = error.weChatText ?? error.code?.word else {
        return .warn(
          subject, "whether mch_id, appid and API key are right is not known: \(error.message)",
          "run check again; if it stays, compare api_key_file")
      }
      return .fail(
        subject, "WeChat refuses this merchant: \(words.printable)",
        remedy(for: words, code: error.code))
    }
  }

  /// The place of what WeChat complains about.
  static func remedy(for words: String, code: ErrorCode?) -> String {
    let lowercased = words.lowercased()
    if code == .signError || words.contains("签名") || lowercased.contains("sign") {
      return "compare api_key_file with the APIv2 key on pay.weixin.qq.com, 账户中心, API安全"
    }
    if code == .appIDMerchantIDNotMatch || (lowercased.contains("appid") && words.contains("匹配")) {
      return "bind appid and mch_id to each other: pay.weixin.qq.com, 产品中心, AppID账号管理"
    }
    if code == .merchantIDNotExist || lowercased.contains("mch") || words.contains("商户号") {
      return "correct mch_id: pay.weixin.qq.com, 商户信息"
    }
    if code == .appIDNotExist || lowercased.contains("appid") {
      return "correct appid: mp.weixin.qq.com, 开发设置"
    }
    if code == .noAuth { return "the merchant lacks the permission: pay.weixin.qq.com, 产品中心" }
    return "act on WeChat's words"
  }

  /// A login by a code that is none.
  private static func checkSecret(_ merchant: Merchant, _ wechat: WeChatSettings) -> Finding {
    let subject = "merchants.\(merchant.name).app_secret_file"
    let probe = LoginProbe(
      merchant: merchant, hosts: wechat.hosts(sessions: 1, loginSessions: 1),
      deadline: .now + .seconds(5))
    switch probe.ask() {
    case .proven: return .ok(subject, "WeChat knows appid \(merchant.appID) and its AppSecret")
    case .noAnswer, .refused(code: -1, _):
      return .warn(
        subject, "whether appid and AppSecret are right is not known: WeChat gave no usable answer",
        "run check again")
    case .refused(let code, let words):
      let remedy =
        switch code {
        case 40013, 41002: "correct appid: mp.weixin.qq.com, 开发设置"
        case 40125, 41004: "copy the AppSecret anew from mp.weixin.qq.com, 开发设置"
        case 45009, 45011: "the quota of calls is used up; run check later"
        default: "act on WeChat's words"
        }
      let sentence = "WeChat refuses logins: \(code) \(words)"
      return [45009, 45011].contains(code)
        ? .warn(subject, sentence, remedy) : .fail(subject, sentence, remedy)
    }
  }
}

extension String {
  /// Without characters that could steer a terminal.
  fileprivate var printable: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.filter { ![.control, .format].contains($0.properties.generalCategory) }))
  }
}
