/// Which requests are let in.
package struct AdmissionRules: Sendable {
  /// Accounts whose processes may connect: nginx's, and our own for tests and checks.
  let allowedUserIDs: Set<UInt32>
  /// The largest body, in bytes.
  let maximumBody: Int
  /// How long a request may take to arrive.
  let readingTime: Duration

  package init(
    allowedUserIDs: Set<UInt32>, maximumBody: Int, readingTime: Duration = .seconds(4)
  ) {
    precondition((0...Int(Int32.max)).contains(maximumBody), "libfcgi counts a body in 32 bits.")
    self.allowedUserIDs = allowedUserIDs
    self.maximumBody = maximumBody
    self.readingTime = readingTime
  }
}
