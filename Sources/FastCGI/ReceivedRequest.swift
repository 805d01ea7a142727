/// A request as nginx sent it, whole and well-formed.
package struct ReceivedRequest: Sendable {
  /// FastCGI parameters by name.
  package let parameters: [String: String]
  /// As many bytes as CONTENT_LENGTH says.
  package let body: [UInt8]
  /// When the connection was accepted.
  package let arrival: ContinuousClock.Instant
}
