/// The answer to a request.
package struct HTTPResponse: Sendable {
  /// The HTTP status. Redirects are not followed: 302 arrives here as 302.
  package let status: Int
  /// The body as sent, at most 64 KiB.
  package let body: [UInt8]
  /// How many connections were opened for it: 0 when a kept one was used.
  package let newConnections: Int
  /// The server's IP address, for logs.
  package let address: String
  /// The server's clock (`Date`), in seconds since 1970 UTC; nil when it does not say.
  package let date: Int64?
}
