/// The answer to a request.
public struct HTTPResponse: Sendable {
  /// The HTTP status. Redirects are not followed: 302 arrives here as 302.
  public let status: Int
  /// The body as sent, at most 64 KiB.
  public let body: [UInt8]
  /// How many connections were opened for it: 0 when a kept one was used.
  public let newConnections: Int
  /// The server's IP address, for logs.
  public let address: String
  /// The server's clock (`Date`), in seconds since 1970 UTC; nil when it does not say.
  public let date: Int64?
}
