package import Payments

/// How a merchant's shop wants to be told what happens to its orders.
package struct ShopSettings: Sendable {
  package struct Webhook: Sendable {
    package let url: WebAddress
    /// The present key, and the one before it while the shop may still have that.
    package let keys: [WebhookKey]
    package let events: Set<ShopEvent>
  }

  package struct Relay: Sendable {
    package let paymentURL: WebAddress?
    package let refundURL: WebAddress?
  }

  package let webhook: Webhook?
  package let relay: Relay
  package let statements: [ShopEvent: [ShopStatement]]
  /// Hosts of the addresses above that belong to our own network, in lower case.
  package let privateHosts: [String]
  /// Certificates (PEM file) that prove the private hosts; `nil`: the system's.
  package let privateCAFile: String?
}
