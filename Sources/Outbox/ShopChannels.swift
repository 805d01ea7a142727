package import Configuration
import MariaDB
package import Payments

/// The channels of every merchant's shop.
package struct ShopChannels: Sendable {
  private let channels: [MerchantName: [any Channel]]
  let breaker: Breaker

  /// - Parameter workers: how many threads of this process tell shops.
  package init(_ settings: Settings, workers: Int) {
    breaker = Breaker(widthWhenSlow: workers)
    channels = settings.shops.mapValues { $0.channels(settings.shopDatabase, workers: workers) }
  }

  /// Whether no shop wants to be told anything.
  package var isEmpty: Bool { channels.values.allSatisfy(\.isEmpty) }

  /// In the order of `ShopChannel`; empty when the shop wants to be told nothing.
  func channels(of merchant: MerchantName) -> [any Channel] { channels[merchant] ?? [] }
}

extension Settings {
  /// What a merchant's shop wants to be told on each channel.
  package func shopWishes(of merchant: MerchantName) -> [ShopChannel: Set<ShopEvent>] {
    let channels = shops[merchant]?.channels(shopDatabase, workers: 1) ?? []
    return Dictionary(uniqueKeysWithValues: channels.map { ($0.name, $0.events) })
  }
}

extension Settings {
  /// Where a merchant's shop is told what happens, for a person; in the order of the channels.
  package func shopTargets(of merchant: MerchantName) -> [(ShopChannel, String)] {
    guard let shop = shops[merchant] else { return [] }
    var targets: [(ShopChannel, String)] = []
    if !shop.statements.isEmpty, let shopDatabase {
      targets.append((.shopTables, "\(shopDatabase)"))
    }
    let relays = [shop.relay.paymentURL, shop.relay.refundURL].compactMap { $0?.text }
    if !relays.isEmpty { targets.append((.relay, relays.joined(separator: ", "))) }
    if let webhook = shop.webhook { targets.append((.webhook, webhook.url.text)) }
    return targets
  }

  /// Sends a merchant's webhook a signed message that tells of nothing.
  ///
  /// - Returns: whether it was taken, and what came back, for a person; `nil` without a webhook.
  package func pingWebhook(
    of merchant: MerchantName, at now: BeijingTime
  ) throws -> (isTaken: Bool, text: String)? {
    let channels = shops[merchant]?.channels(shopDatabase, workers: 1) ?? []
    guard let webhook = channels.compactMap({ $0 as? WebhookChannel }).first else { return nil }
    do {
      return try webhook.ping(merchant, at: now)
    } catch let failure as DeliveryFailure {
      return (false, failure.remark)
    }
  }
}

extension ShopSettings {
  fileprivate func channels(_ database: ConnectionSettings?, workers: Int) -> [any Channel] {
    func address(_ address: WebAddress) -> ShopAddress {
      ShopAddress(
        address.text, isPrivate: privateHosts.contains(address.host), caFile: privateCAFile,
        workers: workers)
    }
    var channels: [any Channel] = []
    if !statements.isEmpty, let database {
      channels.append(ShopTablesChannel(statements, database, workers: workers))
    }
    if relay.paymentURL != nil || relay.refundURL != nil {
      channels.append(
        RelayChannel(
          payments: relay.paymentURL.map(address), refunds: relay.refundURL.map(address)))
    }
    if let webhook {
      channels.append(
        WebhookChannel(address(webhook.url), keys: webhook.keys, events: webhook.events))
    }
    return channels
  }
}
