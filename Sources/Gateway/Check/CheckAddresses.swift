import Configuration
import Curl
import Payments
import WeChatPay

extension Check {
  /// Whether what WeChat would send to the notify addresses arrives here.
  ///
  /// An empty message is posted over the site's own name: the gateway answers it with WeChat's FAIL,
  /// anything else is another program's page. Nothing is asked while nobody serves.
  static func checkCallbacks(_ settings: Settings) -> [Finding] {
    settings.merchants.flatMap { merchant in
      [("notify_url", merchant.notifyURL), ("refund_notify_url", merchant.refundNotifyURL)]
        .compactMap { key, url in
          url.map { checkCallback("merchants.\(merchant.name).\(key)", $0, settings) }
        }
    }
  }

  private static func checkCallback(
    _ subject: String, _ url: String, _ settings: Settings
  ) -> Finding {
    let nginx = "look at nginx: is weixinpay.conf included in the server {} of this name, on 443?"
    // The simulator's authority may be the site's as well.
    let authorities = settings.wechat.caFile.map { [$0, nil] } ?? [nil]
    var failure = ""
    for authority in authorities {
      do throws(CurlError) {
        let response = try post(to: url, authority)
        if response.isOurs { return .ok(subject, "\(url) leads to the gateway") }
        guard ![502, 503, 504].contains(response.status) else {
          return .fail(
            subject, "\(url) is answered with HTTP \(response.status): nginx reaches no gateway",
            "look at nginx's error log")
        }
        return .fail(
          subject, "\(url) is answered with HTTP \(response.status) by something else", nginx)
      } catch {
        failure = error.message
      }
    }
    return .warn(
      subject, "not reached from this machine: \(failure)",
      "WeChat may reach it all the same; try from elsewhere: curl -d '<xml></xml>' \(url)")
  }

  private static func post(to url: String, _ authority: String?) throws(CurlError) -> HTTPResponse {
    var session = try Session(SessionOptions(caFile: authority))
    return try session.send(
      HTTPRequest(
        method: .post, url: url, contentType: "text/xml", body: Array("<xml></xml>".utf8)),
      connectTimeout: .seconds(2), timeout: .seconds(3))
  }

  /// Whether the hosts of webhook and relay can be reached, as the addresses' own rules allow. Nothing
  /// is asked of the scripts themselves.
  static func checkShopHosts(_ settings: Settings) -> [Finding] {
    settings.merchants.map(\.name).flatMap { name -> [Finding] in
      guard let shop = settings.shops[name] else { return [] }
      let addresses = [
        ("webhook.url", shop.webhook?.url), ("relay.payment_url", shop.relay.paymentURL),
        ("relay.refund_url", shop.relay.refundURL),
      ]
      return addresses.compactMap { key, address in
        address.map { checkShopHost("merchants.\(name).\(key)", $0, shop) }
      }
    }
  }

  private static func checkShopHost(
    _ subject: String, _ address: WebAddress, _ shop: ShopSettings
  ) -> Finding {
    let isPrivate = shop.privateHosts.contains(address.host)
    do throws(CurlError) {
      var session = try Session(
        SessionOptions(
          caFile: isPrivate ? shop.privateCAFile : nil, isPublicOnly: !isPrivate,
          allowsPlainHTTP: isPrivate))
      _ = try session.send(
        HTTPRequest(method: .get, url: address.root), connectTimeout: .seconds(2),
        timeout: .seconds(3))
      return .ok(subject, "\(address.host) answers")
    } catch {
      // Buyers can pay all the same, and what happens is told later.
      return .warn(
        subject, "no answer from \(error.message)",
        "look at its name, certificate and firewall; a host of your own network belongs in"
          + " private_hosts")
    }
  }
}

extension HTTPResponse {
  /// Whether it is the gateway's answer to a message that it does not take.
  fileprivate var isOurs: Bool {
    let text = String(decoding: body, as: UTF8.self)
    return text.hasPrefix("<xml>") && text.contains("return_code") && text.contains("FAIL")
  }
}

extension WebAddress {
  /// The front page of its host.
  fileprivate var root: String {
    let start = text.firstRange(of: "://").map(\.upperBound) ?? text.startIndex
    return text[..<start] + text[start...].prefix { !"/?#".contains($0) } + "/"
  }
}
