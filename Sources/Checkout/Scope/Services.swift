package import Curl
package import Logging
package import MariaDB
package import Payments
package import Pooling
package import Store
package import WeChatPay

/// What the use cases work with: the tables, WeChat, the merchants and the log.
package struct Services: Sendable {
  package let database: Database
  package let hosts: WeChatHosts
  /// The sessions in which a merchant shows its certificate (商户API证书).
  package let identities: [MerchantName: Pool<Session>]
  package let logger: Logger
  private let merchants: [MerchantName: Merchant]

  package init(
    database: Database, merchants: [Merchant], hosts: WeChatHosts,
    identities: [MerchantName: Pool<Session>], logger: Logger
  ) {
    self.database = database
    self.merchants = Dictionary(uniqueKeysWithValues: merchants.map { ($0.name, $0) })
    self.hosts = hosts
    self.identities = identities
    self.logger = logger
  }

  package var orders: Orders { Orders(database) }
  package var attempts: PaymentAttempts { PaymentAttempts(database) }
  package var refunds: Refunds { Refunds(database) }
  package var duties: Duties { Duties(database) }
  package var deliveries: Deliveries { Deliveries(database) }
  package var pace: Pace { Pace(database) }
  package var writingProof: WritingProof { WritingProof(database) }
  package var notifications: Notifications { Notifications(database) }
  package var sessions: LoginSessions { LoginSessions(database) }
  package var tokens: MerchantTokens { MerchantTokens(database) }
  package var journal: Journal { Journal(database) }

  /// - Throws: when the configuration has no merchant of this name any more.
  package func merchant(_ name: MerchantName) throws(UnknownMerchant) -> Merchant {
    guard let merchant = merchants[name] else { throw UnknownMerchant(name: name) }
    return merchant
  }

  /// An act whose journal lines are logged once they are committed.
  package func logged(_ act: Act) -> Act {
    var act = act
    let log = MoneyLog(logger)
    act.witness = { log.write($0) }
    return act
  }
}

/// A row names a merchant that the configuration does not have.
package struct UnknownMerchant: Error, CustomStringConvertible {
  package let name: MerchantName

  package var description: String { "no merchant \(name) in the configuration" }
}
