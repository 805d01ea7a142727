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

  /// Whether webhook and relay can be reached, as the addresses' own rules allow. A webhook's host is
  /// asked for its front page; an old script for nothing but whether it is there.
  static func checkShopAddresses(_ settings: Settings) -> [Finding] {
    settings.merchants.map(\.name).flatMap { name -> [Finding] in
      guard let shop = settings.shops[name] else { return [] }
      let subject = "merchants.\(name)"
      let relays = [
        ("relay.payment_url", shop.relay.paymentURL), ("relay.refund_url", shop.relay.refundURL),
      ]
      let webhook = shop.webhook.map { checkWebhook("\(subject).webhook.url", $0.url, shop) }
      return [webhook].compactMap(\.self)
        + relays.compactMap { key, address in
          address.map { checkRelay("\(subject).\(key)", $0, shop) }
        }
    }
  }

  private static func checkWebhook(
    _ subject: String, _ address: WebAddress, _ shop: ShopSettings
  ) -> Finding {
    do throws(CurlError) {
      _ = try ask(.get, address.root, of: address, shop)
      return .ok(subject, "\(address.host) answers")
    } catch {
      return unreached(subject, error)
    }
  }

  /// HEAD has a script do nothing that it would not do for a visitor, and tells whether it is there.
  /// One that does not take it (405), or fails without a message, is there.
  private static func checkRelay(
    _ subject: String, _ address: WebAddress, _ shop: ShopSettings
  ) -> Finding {
    do throws(CurlError) {
      let status = try ask(.head, address.text, of: address, shop).status
      let remedy = "name the address that the shop's script had as notify_url before"
      return switch status {
      case 404, 410:
        .warn(subject, "nothing is there: \(address.text) is answered with HTTP \(status)", remedy)
      case 300...399:
        .warn(
          subject,
          "\(address.text) is answered with HTTP \(status), and no redirect is followed",
          "name the address that it leads to")
      default: .ok(subject, "\(address.host) answers")
      }
    } catch {
      return unreached(subject, error)
    }
  }

  private static func ask(
    _ method: HTTPRequest.Method, _ url: String, of address: WebAddress, _ shop: ShopSettings
  ) throws(CurlError) -> HTTPResponse {
    let isPrivate = shop.privateHosts.contains(address.host)
    var session = try Session(
      SessionOptions(
        caFile: isPrivate ? shop.privateCAFile : nil, isPublicOnly: !isPrivate,
        allowsPlainHTTP: isPrivate))
    return try session.send(
      HTTPRequest(method: method, url: url), connectTimeout: .seconds(2), timeout: .seconds(3))
  }

  /// Buyers can pay all the same, and what happens is told later.
  private static func unreached(_ subject: String, _ error: CurlError) -> Finding {
    .warn(
      subject, "no answer from \(error.message)",
      "look at its name, certificate and firewall; a host of your own network belongs in"
        + " private_hosts")
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
