import Curl
import Linux
import Pooling

/// An address of the shop's, and how it may be reached.
///
/// No redirect is followed, so that the addresses of the configuration are all that are ever asked.
struct ShopAddress: Sendable {
  private let url: String
  private let sessions: Pool<Session>

  private static let connectTimeout: Duration = .seconds(2)
  /// Leaves time in a duty's lease for the other channels.
  static let patience: Duration = .seconds(6)

  /// - Parameters:
  ///   - isPrivate: whether the host is one of our own network: only then may it have a private
  ///     address, be reached by http, or show a certificate of `caFile`.
  ///   - workers: how many threads tell shops.
  init(_ url: String, isPrivate: Bool, caFile: String?, workers: Int) {
    self.url = url
    let options = SessionOptions(
      caFile: isPrivate ? caFile : nil, isPublicOnly: !isPrivate, allowsPlainHTTP: isPrivate)
    // One for each who tells: who had to wait for one would take the shop for being out of order.
    sessions = Pool(capacity: workers + 1) { try Session(options) }
  }

  /// Posts a message.
  ///
  /// - Throws: `DeliveryFailure` when nobody answered in time.
  func post(
    _ body: [UInt8], contentType: String, headers: [(name: String, value: String)] = [],
    until deadline: ContinuousClock.Instant
  ) throws -> HTTPResponse {
    let request = HTTPRequest(
      method: .post, url: url, contentType: contentType, headers: headers, body: body)
    let patience = min(Self.patience, deadline - .now)
    do {
      return try sessions.lend(patience: max(.zero, patience)) { session in
        try session.send(request, connectTimeout: Self.connectTimeout, timeout: patience)
      }
    } catch let error as CurlError {
      throw DeliveryFailure(remark: error.message, isOutage: true)
    } catch is PoolExhausted {
      throw DeliveryFailure(remark: "no connection was free", isOutage: true)
    }
  }
}
