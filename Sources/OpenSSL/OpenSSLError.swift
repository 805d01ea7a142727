/// Why OpenSSL refused an input.
public enum OpenSSLError: Error, Equatable, Sendable {
  /// Wrong key, cut off, or not encrypted in this way at all.
  case cannotDecrypt
  /// No certificate in PEM, or a damaged one.
  case malformedCertificate
  /// No private key in PEM, a damaged one, or one that is protected by a password.
  case malformedPrivateKey
}
