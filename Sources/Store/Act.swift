public import Payments

/// Who does something, when, and until when it is worth doing: what the journal keeps of a caller.
public struct Act: Sendable {
  /// `buyer`, `wechat-notify`, `wechat-query`, `merchant:NAME`, `operator:NAME`; up to 64 characters.
  public let actor: String
  /// The request's id, as in the log and in nginx's; `nil` outside a request.
  public let requestID: String?
  /// The client's address, as nginx says; up to 45 characters. `nil` outside a request.
  public let clientAddress: String?
  /// When it is done: the time of every row that is written.
  public let now: BeijingTime
  /// When the caller stops waiting. Work that is not committed by then is given up.
  public let deadline: ContinuousClock.Instant

  public init(
    actor: String, requestID: String?, clientAddress: String? = nil, now: BeijingTime,
    deadline: ContinuousClock.Instant
  ) {
    self.actor = actor
    self.requestID = requestID
    self.clientAddress = clientAddress
    self.now = now
    self.deadline = deadline
  }
}
