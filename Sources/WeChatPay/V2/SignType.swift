/// The algorithm of a signature (签名类型); APIv2 knows these two spellings and no other.
package enum SignType: String, CaseIterable, Sendable {
  case md5 = "MD5"
  case hmacSHA256 = "HMAC-SHA256"

  /// Length of a signature in hexadecimal digits.
  var signatureLength: Int {
    switch self {
    case .md5: 32
    case .hmacSHA256: 64
    }
  }
}
