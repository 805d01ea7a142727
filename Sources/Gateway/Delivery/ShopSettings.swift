import Payments

/// How a merchant's shop wants to be told what happens to its orders.
struct ShopSettings: Sendable {
  struct Webhook: Sendable {
    let url: WebAddress
    /// The present key, and the one before it while the shop may still have that.
    let keys: [WebhookKey]
    let events: Set<ShopEvent>
  }

  struct Relay: Sendable {
    let paymentURL: WebAddress?
    let refundURL: WebAddress?
  }

  let webhook: Webhook?
  let relay: Relay
  let statements: [ShopEvent: [ShopStatement]]
  /// Hosts of the addresses above that belong to our own network, in lower case.
  let privateHosts: [String]
  /// Certificates (PEM file) that prove the private hosts; `nil`: the system's.
  let privateCAFile: String?
}
