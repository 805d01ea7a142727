import Curl
import FoundationEssentials
import Payments

/// Asks WeChat's login API with a code that is none: how it refuses shows whether appid and AppSecret
/// are right. It changes nothing.
///
/// Source: 小程序登录, auth.code2Session, errcode.
package struct LoginProbe: Sendable {
  /// What was learnt.
  package enum Outcome: Sendable, Equatable {
    /// WeChat looked at the code, so it knows the appid and its secret (40029).
    case proven
    /// WeChat's number and its own words, without control characters.
    case refused(code: Int, words: String)
    /// No answer, or none of WeChat's form.
    case noAnswer
  }

  private let merchant: Merchant
  private let hosts: WeChatHosts
  private let deadline: ContinuousClock.Instant

  package init(merchant: Merchant, hosts: WeChatHosts, deadline: ContinuousClock.Instant) {
    self.merchant = merchant
    self.hosts = hosts
    self.deadline = deadline
  }

  /// Makes one call. A code of a right shape that nobody was given: 40029 is the good answer.
  package func ask() -> Outcome {
    let code = "0" + Nonce.make().prefix(31)
    let query = [
      ("appid", merchant.appID.text), ("secret", merchant.appSecret.revealed),
      ("js_code", String(code)), ("grant_type", "authorization_code"),
    ].map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
    // What failed stays here: the address that was asked for holds the AppSecret.
    guard
      let response = try? hosts.send(
        HTTPRequest(method: .get, url: "\(hosts.login)/sns/jscode2session?\(query)"),
        sessions: hosts.loginSessions, deadline: deadline),
      let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)),
      let errcode = answer.errcode
    else { return .noAnswer }
    // 40163: a buyer's code of the same letters, used up.
    guard ![40029, 40163].contains(errcode) else { return .proven }
    let words = (answer.errmsg ?? "").unicodeScalars.filter {
      ![.control, .format].contains($0.properties.generalCategory)
    }
    return .refused(code: errcode, words: String(String(words).prefix(128)))
  }

  private struct Answer: Decodable {
    let errcode: Int?
    let errmsg: String?
  }
}
