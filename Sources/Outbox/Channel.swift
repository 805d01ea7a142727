import Checkout
import MariaDB
import Payments
import Pooling
import Store

/// A way on which a merchant's shop is told what happened.
protocol Channel: Sendable {
  var name: ShopChannel { get }
  /// What it is told of; everything else is passed over.
  var events: Set<ShopEvent> { get }

  /// Tells the shop, and returns when it has certainly got it.
  ///
  /// - Parameters:
  ///   - conversation: whose deadline ends the attempt.
  ///   - attempts: how often it was tried in vain.
  /// - Returns: what is remarkable about how it was taken, for a person; `nil` when nothing is.
  /// - Throws: `DeliveryFailure`; whatever else keeps us from telling.
  func tell(_ news: ShopNews, attempts: Int, in conversation: Conversation) throws -> String?
}

/// Why an event did not arrive.
struct DeliveryFailure: Error {
  /// For the operator; nothing of the message, no secret.
  let remark: String
  /// Whether nobody was there to listen, so that other events need not be tried now either.
  let isOutage: Bool
}

extension DeliveryFailure {
  /// What an error is to the telling of one event on one channel.
  ///
  /// - Returns: `nil` when it concerns all channels: the lease is lost, or our own database is out
  ///   of reach.
  init?(_ error: any Error) {
    switch error {
    case let failure as DeliveryFailure: self = failure
    case is LeaseLost, is PoolExhausted: return nil
    case let error as MariaDBError:
      switch error.kind {
      case .lost, .retryTransaction, .commitUnknown: return nil
      case .duplicateKey, .decoding, .other: self.init(remark: "\(error)", isOutage: false)
      }
    default: self.init(remark: "\(error)", isOutage: false)
    }
  }
}

extension DeliveryFailure: CustomStringConvertible {
  var description: String {
    "the shop was not told: \(remark)"
  }
}
