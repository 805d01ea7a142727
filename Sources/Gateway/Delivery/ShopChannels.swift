import MariaDB
public import Payments

/// The channels of every merchant's shop.
struct ShopChannels: Sendable {
  private let channels: [MerchantName: [any Channel]]
  let breaker: Breaker

  init(_ settings: Settings) {
    breaker = Breaker(widthWhenSlow: settings.shareOfOneProcess(of: Gateway.dutyWorkers))
    channels = settings.shops.mapValues { $0.channels(settings.shopDatabase) }
  }

  /// Whether no shop wants to be told anything.
  var isEmpty: Bool { channels.values.allSatisfy(\.isEmpty) }

  /// In the order of `ShopChannel`; empty when the shop wants to be told nothing.
  func channels(of merchant: MerchantName) -> [any Channel] { channels[merchant] ?? [] }
}

extension Settings {
  /// What a merchant's shop wants to be told on each channel.
  public func shopWishes(of merchant: MerchantName) -> [ShopChannel: Set<ShopEvent>] {
    let channels = shops[merchant]?.channels(shopDatabase) ?? []
    return Dictionary(uniqueKeysWithValues: channels.map { ($0.name, $0.events) })
  }
}

extension ShopSettings {
  fileprivate func channels(_ database: ConnectionSettings?) -> [any Channel] {
    var channels: [any Channel] = []
    if !statements.isEmpty, let database {
      channels.append(ShopTablesChannel(statements, database))
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

  private func address(_ address: WebAddress) -> ShopAddress {
    ShopAddress(
      address.text, isPrivate: privateHosts.contains(address.host), caFile: privateCAFile)
  }
}
