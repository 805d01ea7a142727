import Linux
import Payments
import Store
import WeChatPay

/// What is done for one merchant until a deadline: by a request, or by a duty.
struct Conversation: Sendable {
  let gateway: Gateway
  let merchant: Merchant
  /// `nil` for a duty.
  let requestID: String?
  /// `nil` for a duty.
  var clientAddress: String?
  let deadline: ContinuousClock.Instant

  var now: BeijingTime { BeijingTime(microseconds: microsecondsSince1970()) }

  /// For recording what WeChat has said. That is kept also when it came in the last moment.
  func act(_ actor: String) -> Act {
    gateway.logged(
      Act(
        actor: actor, requestID: requestID, clientAddress: clientAddress,
        deadline: lateDeadline))
  }

  /// Less than nginx waits longer than `listen.api.deadline`.
  static let grace: Duration = .seconds(2)

  /// For reading after a call to WeChat, which may have taken all of the time.
  var lateDeadline: ContinuousClock.Instant { deadline + Self.grace }

  /// WeChat, spoken to about orders.
  var weChat: WeiXinPay {
    WeiXinPay(merchant: merchant, hosts: gateway.hosts, deadline: deadline)
  }

  /// WeChat, spoken to about refunds.
  var refunds: WinXinRefund {
    WinXinRefund(
      merchant: merchant, hosts: gateway.hosts,
      identitySessions: gateway.identities[merchant.name], deadline: deadline)
  }
}
