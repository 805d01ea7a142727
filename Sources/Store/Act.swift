import Linux
package import Payments

/// Who does something, when, and until when it is worth doing: what the journal keeps of a caller.
package struct Act: Sendable {
  /// `buyer`, `wechat-notify`, `wechat-query`, `merchant:NAME`, `operator:NAME`; up to 64 characters.
  package let actor: String
  /// The request's id, as in the log and in nginx's; `nil` outside a request.
  package let requestID: String?
  /// The client's address, as nginx says; up to 45 characters. `nil` outside a request.
  package let clientAddress: String?
  private let fixed: BeijingTime?
  /// When the caller stops waiting. Work that is not committed by then is given up.
  package let deadline: ContinuousClock.Instant

  /// Hears of each line of the journal once it is committed; `nil` when nobody listens.
  package var witness: (@Sendable (CommittedLine) -> Void)?

  /// - Parameter now: the moment of everything that is done; `nil`: as the clock says each time.
  package init(
    actor: String, requestID: String?, clientAddress: String? = nil, now: BeijingTime? = nil,
    deadline: ContinuousClock.Instant
  ) {
    self.actor = actor
    self.requestID = requestID
    self.clientAddress = clientAddress
    fixed = now
    self.deadline = deadline
  }
  /// The moment at which a row is written, each time anew: WeChat may have been asked since the act
  /// began, and a history does not run backwards.
  package var now: BeijingTime { fixed ?? BeijingTime(microseconds: microsecondsSince1970()) }

  /// Until when what is sent before the deadline may still arrive at WeChat.
  var lastArrival: BeijingTime {
    let left = max(.zero, ContinuousClock.now.duration(to: deadline))
    return BeijingTime(
      microseconds: now.microseconds + Int64(left / .microseconds(1))
        + dueAfter(seconds: arrivalSeconds))
  }
}
