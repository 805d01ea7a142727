/// A request as nginx sent it, whole and well-formed.
public struct ReceivedRequest: Sendable {
  /// FastCGI parameters by name.
  public let parameters: [String: String]
  /// As many bytes as CONTENT_LENGTH says.
  public let body: [UInt8]
  /// When the connection was accepted.
  public let arrival: ContinuousClock.Instant
}
