import Linux
package import Payments
package import Store
package import WeChatPay

/// What is done for one merchant until a deadline: by a request, or by a duty.
package struct Conversation: Sendable {
  package let services: Services
  package let merchant: Merchant
  /// `nil` for a duty.
  package let requestID: String?
  /// `nil` for a duty.
  var clientAddress: String?
  package let deadline: ContinuousClock.Instant

  package init(
    services: Services, merchant: Merchant, requestID: String?, clientAddress: String? = nil,
    deadline: ContinuousClock.Instant
  ) {
    self.services = services
    self.merchant = merchant
    self.requestID = requestID
    self.clientAddress = clientAddress
    self.deadline = deadline
  }

  package var now: BeijingTime { BeijingTime(microseconds: microsecondsSince1970()) }

  /// For recording what WeChat has said. That is kept also when it came in the last moment.
  package func act(_ actor: String) -> Act {
    services.logged(
      Act(
        actor: actor, requestID: requestID, clientAddress: clientAddress,
        deadline: lateDeadline))
  }

  /// Less than nginx waits longer than `listen.api.deadline`.
  package static let grace: Duration = .seconds(2)

  /// For reading after a call to WeChat, which may have taken all of the time.
  var lateDeadline: ContinuousClock.Instant { deadline + Self.grace }

  /// WeChat, spoken to about orders.
  package var weChat: WeiXinPay {
    WeiXinPay(merchant: merchant, hosts: services.hosts, deadline: deadline)
  }

  /// WeChat, spoken to about refunds.
  package var refunds: WinXinRefund {
    WinXinRefund(
      merchant: merchant, hosts: services.hosts,
      identitySessions: services.identities[merchant.name], deadline: deadline)
  }
}
