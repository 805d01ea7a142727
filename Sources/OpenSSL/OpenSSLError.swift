/// Why OpenSSL refused an input.
package enum OpenSSLError: Error, Equatable, Sendable {
  /// Wrong key, cut off, or not encrypted in this way at all.
  case cannotDecrypt
  /// No certificate in PEM, or a damaged one.
  case malformedCertificate
  /// No private key in PEM, a damaged one, or one that is protected by a password.
  case malformedPrivateKey
}

extension OpenSSLError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .cannotDecrypt:
      "it does not open with this key, is cut off, or is not encrypted in this way"
    case .malformedCertificate: "no certificate in PEM, or a damaged one"
    case .malformedPrivateKey: "no private key in PEM, a damaged one, or one with a password"
    }
  }
}
