package import Linux

/// What a worker's waiting came to.
package enum Arrival: Sendable {
  /// A whole request, which is now to be answered.
  case request(ReceivedRequest)
  /// A request that the HTTP client got wrong; an answer tells it so.
  case unacceptable(RequestRefusal)
  /// A connection that is closed again, without any effect.
  case refused(RequestRefusal)
  /// No connection could be taken, for want of descriptors or memory; a pause has been made.
  case exhausted(LinuxError)
  /// The socket was closed; there is nothing more to wait for.
  case closed
}
