import Curl
import FoundationEssentials
public import Payments

/// Exchanges a mini-program's login code for the buyer's openid.
///
/// WeChat's answer also has the `session_key`, with which the buyer's data could be decrypted.
/// Payment does not need it, so it is not even decoded.
/// Source: 小程序登录, auth.code2Session (`/sns/jscode2session`).
public struct LoginClient: Sendable {
  private let merchant: Merchant
  private let hosts: WeChatHosts
  private let deadline: ContinuousClock.Instant

  public init(merchant: Merchant, hosts: WeChatHosts, deadline: ContinuousClock.Instant) {
    self.merchant = merchant
    self.hosts = hosts
    self.deadline = deadline
  }

  /// - Parameter code: what `wx.login` gave the mini-program, good for one exchange within about
  ///   5 minutes.
  /// - Returns: the buyer within the merchant's appid.
  public func exchange(code: String) throws(LoginError) -> OpenID {
    guard (1...128).contains(code.utf8.count), code.utf8.allSatisfy(\.isGraphic) else {
      throw .codeRefused
    }
    do {
      return try ask(code)
    } catch {
      guard error == .busy else { throw error }
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
      throw .unreachable
    }
    return try Self.openID(in: response.body)
  }

  /// Reads an answer; its content type may be `text/plain`, and success has no `errcode`.
  static func openID(in body: [UInt8]) throws(LoginError) -> OpenID {
    let answer: Answer
    do {
      answer = try JSONDecoder().decode(Answer.self, from: Data(body))
    } catch {
      throw .unusableAnswer
    }
    switch answer.errcode ?? 0 {
    case 0:
      guard let openID = answer.openid.flatMap(OpenID.init) else { throw .unusableAnswer }
      return openID
    case -1: throw .busy
    case 40029, 40163: throw .codeRefused
    case 40226: throw .highRisk
    case 45011: throw .tooOften
    case 45009: throw .quotaReached
    case 40013, 40125: throw .configuration
    case let code: throw .refused(code)
    }
  }

  private struct Answer: Decodable {
    let openid: String?
    let errcode: Int?
  }
}

/// Why a login brought no openid.
public enum LoginError: Error, Sendable, Equatable {
  /// The code is wrong, used or too old: the mini-program calls `wx.login` again (40029, 40163).
  case codeRefused
  /// WeChat blocks this account as high-risk (40226).
  case highRisk
  /// This buyer logs in too often, more than 100 times a minute (45011).
  case tooOften
  /// WeChat is busy (-1), also at the second try.
  case busy
  /// Alarm: the day's quota of calls is used up (45009).
  case quotaReached
  /// Alarm: appid or AppSecret is wrong (40013, 40125).
  case configuration
  /// A code that the manual did not have.
  case refused(Int)
  /// No answer. The code may be used up.
  case unreachable
  /// An answer that is not WeChat's JSON.
  case unusableAnswer
}
