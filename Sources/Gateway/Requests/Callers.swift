import Checkout
import Configuration
import Payments
import Server
import Store
import WeChatPay

/// A request of a buyer who is logged in.
struct BuyerRequest: Sendable {
  let context: Context
  let session: LoginSessions.Session
  /// Whose mini-program it is.
  let merchant: Merchant

  /// - Throws: `loginRequired` without a session that lives.
  init(_ context: Context) throws {
    let token = try context.bearer(orRefuse: .loginRequired)
    guard let session = try context.services.sessions.find(token: token, by: context.act("buyer")),
      let merchant = context.settings.merchant(session.merchant)
    else { throw Refusal(.loginRequired) }
    self.context = context
    self.session = session
    self.merchant = merchant
  }

  var payer: OpenID { session.openID }
  var conversation: Conversation { context.conversation(merchant) }
}

/// A request of a program or person that holds a merchant's token.
struct MerchantRequest: Sendable {
  let context: Context
  let holder: MerchantTokens.Holder

  /// - Throws: `tokenInvalid`; `roleInsufficient` when the token may less than `role`.
  init(_ context: Context, atLeast role: Role) throws {
    let token = try context.bearer(orRefuse: .tokenInvalid)
    guard let holder = try context.services.tokens.find(token: token, by: context.act("merchant"))
    else { throw Refusal(.tokenInvalid) }
    guard holder.role >= role else {
      throw Refusal(
        .roleInsufficient,
        "This needs the role \(role.rawValue), the token has \(holder.role.rawValue).")
    }
    self.context = context
    self.holder = holder
  }

  var services: Services { context.services }
  var merchant: MerchantName { holder.merchant }
  var deadline: ContinuousClock.Instant { context.request.deadline }
  /// Who it is, for the journal.
  var actor: String { "merchant:\(holder.name)" }
  var act: Act { context.act(actor) }

  /// - Throws: when the configuration has the token's merchant no more.
  func conversation() throws(UnknownMerchant) -> Conversation {
    context.conversation(try services.merchant(merchant))
  }
}
