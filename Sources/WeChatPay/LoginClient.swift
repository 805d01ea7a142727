import Curl
import FoundationEssentials
package import Payments

/// Exchanges a mini-program's login code for the buyer's openid.
///
/// WeChat's answer also has the `session_key`, with which the buyer's data could be decrypted.
/// Payment does not need it, so it is not even decoded.
/// Source: 小程序登录, auth.code2Session (`/sns/jscode2session`).
package struct LoginClient: Sendable {
  private let merchant: Merchant
  private let hosts: WeChatHosts
  private let deadline: ContinuousClock.Instant

  package init(merchant: Merchant, hosts: WeChatHosts, deadline: ContinuousClock.Instant) {
    self.merchant = merchant
    self.hosts = hosts
    self.deadline = deadline
  }

  /// - Parameter code: what `wx.login` gave the mini-program, good for one exchange within about
  ///   5 minutes.
  /// - Returns: the buyer within the merchant's appid.
  package func exchange(code: String) throws(LoginError) -> OpenID {
    guard (1...128).contains(code.utf8.count), code.utf8.allSatisfy(\.isGraphic) else {
      throw LoginError(.codeRefused)
    }
    do {
      return try ask(code)
    } catch {
      guard error.cause == .busy else { throw error }
      // WeChat's manual: -1 is worth one repetition after a moment.
      pause(milliseconds: 200)
      return try ask(code)
    }
  }

  private func ask(_ code: String) throws(LoginError) -> OpenID {
    let query = [
      ("appid", merchant.appID.text), ("secret", merchant.appSecret.revealed), ("js_code", code),
      ("grant_type", "authorization_code"),
    ].map { "\($0)=\(percentEncoded($1))" }.joined(separator: "&")
    let response: HTTPResponse
    do {
      response = try hosts.send(
        HTTPRequest(
          method: .get, url: "\(hosts.login)/sns/jscode2session?\(query)"),
        sessions: hosts.loginSessions, patience: .milliseconds(100), deadline: deadline)
    } catch {
      // Its message stays here: the address that was asked for holds the AppSecret.
      throw LoginError(.unreachable)
    }
    return try Self.openID(in: response.body, hiding: merchant.appSecret.revealed)
  }

  /// Reads an answer; its content type may be `text/plain`, and success has no `errcode`.
  ///
  /// - Parameter secret: the AppSecret, which no error shows, should WeChat ever repeat it.
  static func openID(in body: [UInt8], hiding secret: String = "") throws(LoginError) -> OpenID {
    let answer: Answer
    do {
      answer = try JSONDecoder().decode(Answer.self, from: Data(body))
    } catch {
      throw LoginError(.unusableAnswer)
    }
    guard let code = answer.errcode, code != 0 else {
      guard let openID = answer.openid.flatMap(OpenID.init) else {
        throw LoginError(.unusableAnswer)
      }
      return openID
    }
    throw LoginError(errcode: code, errmsg: answer.errmsg, hiding: secret)
  }

  private struct Answer: Decodable {
    let openid: String?
    let errcode: Int?
    let errmsg: String?
  }
}

/// Why a login brought no openid.
package struct LoginError: Error, Sendable, Equatable {
  package enum Cause: Sendable, Equatable {
    /// The code is wrong, used or too old: the mini-program calls `wx.login` again (40163). 40029
    /// also says that it is a code of another appid.
    case codeRefused
    /// WeChat blocks this account as high-risk (40226).
    case highRisk
    /// This buyer logs in too often, more than 100 times a minute (45011).
    case tooOften
    /// WeChat is busy (-1), also at the second try.
    case busy
    /// Alarm: the day's quota of calls is used up (45009).
    case quotaReached
    /// Alarm: the appid is wrong (40013).
    case appID
    /// Alarm: the AppSecret is wrong (40125).
    case appSecret
    /// Alarm: the AppSecret is frozen on WeChat's platform (40243).
    case appSecretFrozen
    /// A code that the manual did not have.
    case refused
    /// No answer. The code may be used up.
    case unreachable
    /// An answer that is not WeChat's JSON.
    case unusableAnswer
  }

  package let cause: Cause
  /// WeChat's own number for it; `nil` when it gave none.
  package let errcode: Int?
  /// WeChat's own words, for the log: at most 128 visible characters, without the AppSecret.
  package let errmsg: String?

  init(_ cause: Cause) {
    self.cause = cause
    errcode = nil
    errmsg = nil
  }

  init(errcode: Int, errmsg: String?, hiding secret: String) {
    cause =
      switch errcode {
      case -1: .busy
      case 40029, 40163: .codeRefused
      case 40226: .highRisk
      case 45011: .tooOften
      case 45009: .quotaReached
      case 40013: .appID
      case 40125: .appSecret
      case 40243: .appSecretFrozen
      default: .refused
      }
    self.errcode = errcode
    self.errmsg = errmsg.map { text in
      let shown = secret.isEmpty ? text : text.replacing(secret, with: "…")
      return String(shown.filter { $0 == " " || !$0.isWhitespace && !$0.isControl }.prefix(128))
    }
  }
}

extension LoginError: CustomStringConvertible {
  /// For the log.
  package var description: String {
    guard let errcode else { return "jscode2session: \(cause)" }
    return "jscode2session: errcode \(errcode)" + (errmsg.map { " (\($0))" } ?? "")
  }
}

extension Character {
  fileprivate var isControl: Bool {
    unicodeScalars.contains { [.control, .format].contains($0.properties.generalCategory) }
  }
}
