import Checkout
import Configuration
import Linux
import Payments
import Server
import Store
import WeChatPay

/// One request on its way through a handler.
struct Context: Sendable {
  let settings: Settings
  let services: Services
  /// Whether MariaDB takes what has to be stored.
  let writing: WritingHealth
  /// How many refund notifications are taken in at once.
  let refundNotifications: Crowd
  let request: Request
  /// The path below the route's own location: `["orders", "20261121-7", "close"]`.
  let path: [String]
  /// `Route.query`: looked at once it is known who asks.
  var queryMembers: [String]?

  var now: BeijingTime { BeijingTime(microseconds: microsecondsSince1970()) }

  /// The client's address as it is kept: `nil` when nginx names none, as for a unix socket.
  var clientAddress: String? {
    let address = request.remoteAddress
    return (1...45).contains(address.utf8.count) && address.utf8.allSatisfy(\.isGraphic)
      ? address : nil
  }

  func act(_ actor: String) -> Act {
    services.logged(
      Act(
        actor: actor, requestID: request.requestID, clientAddress: clientAddress,
        deadline: request.deadline))
  }

  /// The bearer token of the request.
  ///
  /// - Throws: `refusal` when there is none.
  func bearer(orRefuse refusal: Refusal.Code) throws(Refusal) -> String {
    let words = (request.parameter("HTTP_AUTHORIZATION") ?? "").split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer",
      (1...128).contains(words[1].utf8.count)
    else { throw Refusal(refusal) }
    return String(words[1])
  }

  /// The request's conversation with WeChat, on a merchant's behalf.
  func conversation(_ merchant: Merchant) -> Conversation {
    Conversation(
      services: services, merchant: merchant, requestID: request.requestID,
      clientAddress: clientAddress, deadline: request.deadline)
  }

  /// For reading after a call to WeChat, which may have taken all of the time.
  var lateDeadline: ContinuousClock.Instant { request.deadline + Conversation.grace }

  /// The body as a JSON object.
  func json() throws -> JSON {
    let json = try JSON(parsing: request.body)
    guard case .object = json else {
      throw Refusal(.malformedRequest, "The body must be a JSON object.")
    }
    return json
  }

  /// A value of the query string; `nil` when absent. Names and values are percent-decoded.
  func query(_ name: String) throws(Refusal) -> String? { try request.queryValue(name) }

  /// - Throws: `malformedRequest` when the query holds what the route does not take.
  func checkQuery() throws(Refusal) {
    if let queryMembers { try request.allowQuery(queryMembers) }
  }

  /// The caller's `Idempotency-Key`; `nil` when there is none.
  func requestKey(of holder: String) throws(Refusal) -> RequestKey? {
    guard let text = request.parameter("HTTP_IDEMPOTENCY_KEY"), !text.isEmpty else { return nil }
    guard let key = RequestKey(text, of: holder) else {
      throw Refusal(.malformedRequest, "Idempotency-Key: expected 1 to 64 visible characters.")
    }
    return key
  }
}
