import Payments
import WeChatPay

/// What a value most likely is by mistake, although the gateway can start with it.
package struct Doubt: Sendable, Equatable {
  /// Whether payments or refunds cannot work with it.
  package let isSerious: Bool
  package let fault: Fault
}

extension SettingsBuilder {
  /// Looks for sample values, for addresses that nobody can call, and for what only looks like a
  /// secret. To be called once everything is read.
  mutating func doubt(
    _ raw: RawSettings, _ merchants: [(name: MerchantName, raw: RawMerchant)], _ built: [Merchant]
  ) {
    doubtTimes(raw)
    for (name, merchant) in merchants {
      let parent = "merchants.\(name)"
      if raw.wechatCAFile == nil { doubtSamples(merchant, at: parent) }
      doubtPaths(name, merchant, among: merchants.map(\.name))
    }
    for merchant in built {
      let raw = merchants.first { $0.name == merchant.name }?.raw
      doubtSecret(merchant, apiKey: raw.flatMap { try? SecretFile(path: $0.apiKeyFile).text() })
    }
  }

  /// nginx gives up after the 15 s of `fastcgi_read_timeout` in weixinpay.conf.
  private mutating func doubtTimes(_ raw: RawSettings) {
    for (path, deadline) in [
      ("listen.api.deadline", raw.api.deadline),
      ("listen.merchant.deadline", raw.merchant.deadline),
    ] where deadline > .seconds(14) {
      reader.document.doubt(
        path,
        Mismatch(
          expected: "at most 14s, as nginx waits 15s for an answer", got: deadline.inUnits,
          remedy: "shorten it, or raise fastcgi_read_timeout in weixinpay.conf"))
    }
    for path in ["api", "notify", "merchant"].map({ "listen.\($0).deadline" })
      + ["session_lifetime"]
    {
      guard let text = reader.document[path]?.plainText, text.utf8.allSatisfy(\.isDigit),
        !text.isEmpty
      else { continue }
      reader.document.doubt(
        path,
        Mismatch(
          expected: "a time with its unit", got: text,
          remedy: "it counts seconds; write \(text)s"))
    }
  }

  /// A simulator is tried with the sample's values; WeChat knows none of them.
  private mutating func doubtSamples(_ raw: RawMerchant, at parent: String) {
    if raw.appID?.text == "wxd678efh567hg6787" {
      sample("\(parent).appid", "copy the AppID from mp.weixin.qq.com, 开发设置")
    }
    if raw.mchID?.text == "1230000109" {
      sample("\(parent).mch_id", "copy the number from pay.weixin.qq.com, 商户信息")
    }
    for (key, address) in [
      ("notify_url", raw.notifyURL), ("refund_notify_url", raw.refundNotifyURL ?? .none),
    ] where address.isSample {
      sample("\(parent).\(key)", "give the site's public name")
    }
  }

  private mutating func sample(_ path: String, _ remedy: String) {
    let got = reader.document[path]?.shown ?? "nothing"
    reader.document.doubt(
      path, isSerious: true,
      Mismatch(expected: "a value of your own", got: "the sample's, \(got)", remedy: remedy))
  }

  private mutating func doubtPaths(
    _ name: MerchantName, _ raw: RawMerchant, among names: [MerchantName]
  ) {
    let addresses = [("notify_url", raw.notifyURL), ("refund_notify_url", raw.refundNotifyURL)]
    for case (let key, let address?) in addresses {
      let path = CallbackPath(address.path, of: key, merchant: name, merchants: names)
      guard let problem = path.problem else { continue }
      reader.document.doubt(
        "merchants.\(name).\(key)", isSerious: problem.isSerious,
        Mismatch(expected: problem.expected, got: address.text, remedy: problem.remedy))
    }
  }

  private mutating func doubtSecret(_ merchant: Merchant, apiKey: String?) {
    let path = "merchants.\(merchant.name).app_secret_file"
    let secret = merchant.appSecret.revealed
    if secret == apiKey {
      reader.document.doubt(
        path, isSerious: true,
        Mismatch(
          expected: "the mini-program's AppSecret", got: "the content of api_key_file",
          remedy: "copy the AppSecret from mp.weixin.qq.com, 开发设置"))
    } else if secret.utf8.count != 32 || !secret.allSatisfy(\.isHexDigit) {
      reader.document.doubt(
        path,
        Mismatch(
          expected: "an AppSecret of 32 hexadecimal digits",
          got: secret.utf8.count == 32 ? "other characters" : "\(secret.utf8.count) bytes",
          remedy: "copy the AppSecret from mp.weixin.qq.com, 开发设置"))
    }
  }
}

/// The path of an address that WeChat is to call, held against the routes.
///
/// A site may lead any path to a route; only what looks like one of ours can be judged.
struct CallbackPath {
  struct Problem: Equatable {
    let isSerious: Bool
    let expected: String
    let remedy: String
  }

  let problem: Problem?

  init(_ path: String, of key: String, merchant: MerchantName, merchants: [MerchantName]) {
    let (own, other) =
      key == "notify_url"
      ? ("receive-notify", "receive-refund-notify") : ("receive-refund-notify", "receive-notify")
    let parts = path.split(separator: "/").map(String.init)
    if parts.contains(other) {
      problem = Problem(
        isSerious: true, expected: "the address of \(own)",
        remedy: "notify_url ends in receive-notify, refund_notify_url in receive-refund-notify")
    } else if let index = parts.firstIndex(of: own) {
      problem = Self.problem(of: parts[(index + 1)...], own, merchant, merchants)
    } else if nearest(to: parts.last ?? "", among: [own]) != nil {
      problem = Problem(
        isSerious: false, expected: "a path that nginx leads to \(own)",
        remedy: "did you mean \(own)?")
    } else {
      problem = nil
    }
  }

  private static func problem(
    of rest: ArraySlice<String>, _ own: String, _ merchant: MerchantName,
    _ merchants: [MerchantName]
  ) -> Problem? {
    guard let name = rest.first, name != merchant.text || rest.count > 1 else { return nil }
    let remedy =
      if name == merchant.text {
        "nothing follows the merchant's name; correct the end"
      } else if merchants.contains(where: { $0.text == name }) {
        "\(name) is another merchant"
      } else {
        "no merchant \(name) is configured; correct the end"
      }
    return Problem(isSerious: true, expected: "\(own), or \(own)/\(merchant)", remedy: remedy)
  }
}

extension WebAddress {
  /// Whether the host stands in papers only. Source: RFC 2606.
  fileprivate var isSample: Bool {
    let names = ["example", "example.com", "example.net", "example.org"]
    return names.contains { host == $0 || host.hasSuffix(".\($0)") }
      || ["your-site", "yoursite", "your-domain"].contains {
        host.contains($0)
      }
  }
}
