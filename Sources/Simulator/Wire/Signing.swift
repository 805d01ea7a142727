import OpenSSL

/// The two digests of WeChat Pay APIv2 (签名类型), spelled as on the wire.
enum SignType: String, Sendable {
  case md5 = "MD5"
  case hmacSHA256 = "HMAC-SHA256"
}

extension Message {
  /// The signature over every non-empty field except `sign`: upper-case hex, 32 or 64 characters.
  ///
  /// Source: WeChat Pay APIv2, 签名算法. The key is appended for both digests, and is the HMAC's
  /// key as well.
  func signature(_ type: SignType, key: String) -> String {
    let pairs = sortedFields.filter { $0.name != "sign" }.map { "\($0.name)=\($0.value)" }
    let text = Array((pairs + ["key=\(key)"]).joined(separator: "&").utf8)
    return switch type {
    case .md5: hexadecimal(md5(text), uppercase: true)
    case .hmacSHA256:
      hexadecimal(hmacSHA256(key: Array(key.utf8), message: text), uppercase: true)
    }
  }

  /// True when `sign` is exactly the signature of the other fields.
  func isSigned(_ type: SignType, key: String) -> Bool {
    guard let sign = self["sign"] else { return false }
    return equalInConstantTime(Array(sign.utf8), Array(signature(type, key: key).utf8))
  }

  /// Signs the document at the place where it already has a `sign`, or else at its end.
  mutating func sign(_ type: SignType, key: String) {
    self["sign"] = signature(type, key: key)
  }
}
