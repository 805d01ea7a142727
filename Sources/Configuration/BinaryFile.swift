/// What a file is that was to hold text.
enum BinaryFile {
  /// Tells the forms in which keys and certificates come, each with the way to a PEM file.
  static func mismatch(of bytes: [UInt8], at path: String) -> Mismatch {
    func mismatch(_ got: String, _ remedy: String) -> Mismatch {
      Mismatch(expected: "text", got: "\(got) at \(path)", remedy: remedy)
    }
    switch Array(contentOfSequence(bytes).prefix(3)) {
    // Source: RFC 7292 (version 3), RFC 5958 and RFC 8017 (version 0), RFC 5280.
    case [2, 1, 3]:
      return mismatch(
        "PKCS#12 (.p12)",
        "name apiclient_cert.pem and apiclient_key.pem, which are in the same download")
    case [2, 1, 0], [2, 1, 1]:
      return mismatch(
        "a private key in DER",
        "run: openssl pkey -inform DER -in \(path) -out apiclient_key.pem, and name that file")
    case let start where start.first == 0x30:
      return mismatch(
        "a certificate in DER",
        "run: openssl x509 -inform DER -in \(path) -out apiclient_cert.pem, and name that file")
    default: return mismatch("other bytes", "save the file as plain UTF-8 text")
    }
  }

  /// What stands in the ASN.1 sequence that the bytes are; empty when they are none.
  private static func contentOfSequence(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
    guard bytes.count > 4, bytes[0] == 0x30 else { return [] }
    let lengthBytes = bytes[1] < 0x80 ? 0 : Int(bytes[1] & 0x7F)
    guard lengthBytes <= 4 else { return [] }
    return bytes.dropFirst(2 + lengthBytes)
  }
}

/// Where a secret stands, and the key that names the file.
package struct SecretPlace: Sendable, Equatable {
  let key: String
  package let path: String
}
