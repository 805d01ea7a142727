import Checkout
import Configuration
import Payments
import Server
import Store
import WeChatPay

/// `POST login`: swaps the code of `wx.login` for a token of ours.
///
/// WeChat's `session_key` is neither stored nor answered.
enum Login {
  static func handle(_ context: Context) throws -> Response {
    let body = try context.json()
    guard let code = body["code"]?.string, !code.isEmpty else {
      throw Refusal(.malformedRequest, "code: expected the text that wx.login returned.")
    }
    // Each question costs a session, and counts in what WeChat allows a day.
    guard isPossible(code) else { throw Refusal(.loginCodeInvalid) }
    let merchant = try merchant(body["merchant"]?.string, context)
    let openID = try LoginClient(
      merchant: merchant, hosts: context.services.hosts, deadline: context.request.deadline
    ).exchange(code: code)
    let lifeSeconds = context.settings.sessionLifeSeconds
    let token = try context.services.sessions.begin(
      merchant: merchant.name, openID: openID, lifeSeconds: lifeSeconds,
      by: context.conversation(merchant).act("buyer"))
    return Answer.json(["token": JSON(token), "expires_in": JSON(lifeSeconds)])
  }

  /// Whether WeChat can have made it: it gives 32 letters and digits, and names no rule.
  static func isPossible(_ code: String) -> Bool {
    (20...128).contains(code.utf8.count)
      && code.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// Whose mini-program it is: nginx says so (`WEIXINPAY_MERCHANT`), else the client; a gateway of
  /// one merchant needs neither.
  private static func merchant(_ named: String?, _ context: Context) throws(Refusal) -> Merchant {
    let merchants = context.settings.merchants
    if let name = context.request.parameter("WEIXINPAY_MERCHANT") ?? named {
      guard let merchant = merchants.first(where: { $0.name.text == name }) else {
        throw Refusal(.malformedRequest, "merchant: no merchant of this name is configured.")
      }
      return merchant
    }
    guard merchants.count == 1, let merchant = merchants.first else {
      throw Refusal(.malformedRequest, "merchant: several are configured, name one.")
    }
    return merchant
  }
}
