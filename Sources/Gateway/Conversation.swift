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

  func act(_ actor: String) -> Act {
    Act(
      actor: actor, requestID: requestID, clientAddress: clientAddress, now: now,
      deadline: deadline)
  }

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
