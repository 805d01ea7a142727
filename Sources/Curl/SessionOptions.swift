/// What all requests of a `Session` have in common.
package struct SessionOptions: Sendable {
  /// A file of certificates (PEM) to trust *instead of* the system's; nil: the system's.
  package let caFile: String?
  /// The certificate shown to the server; nil: none.
  package var identity: ClientIdentity?
  /// Every request opens a connection of its own and closes it.
  ///
  /// On a kept connection that dies before an answer, libcurl sends the request a second time by
  /// itself. Set this for requests that must arrive at most once, such as refunds.
  package var freshConnection: Bool
  /// Connects to addresses of the public internet only, whatever a name stands for: for addresses
  /// that are not of our own network by mistake or by somebody's design.
  package var isPublicOnly: Bool
  /// Whether `http://` is taken too. For programs on this machine or beside it; never for secrets.
  package var allowsPlainHTTP: Bool

  /// Copies share it: sessions that are opened with the same options read the authorities once.
  let authorities: Authorities

  package init(
    caFile: String? = nil, identity: ClientIdentity? = nil, freshConnection: Bool = false,
    isPublicOnly: Bool = false, allowsPlainHTTP: Bool = false
  ) {
    self.caFile = caFile
    self.identity = identity
    self.freshConnection = freshConnection
    self.isPublicOnly = isPublicOnly
    self.allowsPlainHTTP = allowsPlainHTTP
    authorities = Authorities(file: caFile)
  }
}

/// The merchant's certificate (商户API证书): `apiclient_cert.pem` and `apiclient_key.pem`.
///
/// Both are PEM, the key without a password. They stay in memory, so that a replaced file takes
/// effect only when a new session is made: libcurl would keep using a connection that was opened
/// with the old key.
package struct ClientIdentity: Sendable {
  let certificate: [UInt8]
  let privateKey: [UInt8]

  package init(certificate: [UInt8], privateKey: [UInt8]) {
    self.certificate = certificate
    self.privateKey = privateKey
  }
}
