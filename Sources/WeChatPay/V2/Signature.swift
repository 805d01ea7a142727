import OpenSSL

/// The signature of APIv2 (签名) over a flat message.
///
/// Every field with a value takes part, except `sign`: sorted by the bytes of the name, joined as
/// `name=value` with `&`, closed with `&key=` and the API key, digested, upper-case hexadecimal.
/// Source: WeChat Pay APIv2, 安全规范, 签名算法.
package enum Signature {
  /// Signs a message.
  ///
  /// - Returns: 32 upper-case hexadecimal digits for MD5, 64 for HMAC-SHA256.
  package static func make(_ fields: Fields, key: APIKey, type: SignType) -> String {
    let message = canonical(fields) + Array("&key=".utf8) + key.bytes
    return switch type {
    case .md5: hexadecimal(md5(message), uppercase: true)
    case .hmacSHA256: hexadecimal(hmacSHA256(key: key.bytes, message: message), uppercase: true)
    }
  }

  /// Accepts a message whose `sign` is the one of this key over all of its fields.
  ///
  /// The algorithm is the merchant's, never the message's choice: a message that names another one
  /// is refused, and one that names none (answers usually do) must have the length of this one.
  package static func verify(
    _ fields: Fields, key: APIKey, expected: SignType
  ) throws(SignatureRefusal) {
    guard let sign = fields["sign"], !sign.isEmpty else { throw .missing }
    if let named = fields["sign_type"], !named.isEmpty, named != expected.rawValue {
      throw .otherSignType
    }
    guard sign.utf8.count == expected.signatureLength, sign.utf8.allSatisfy(\.isUpperHexadecimal)
    else { throw .malformed }
    let made = make(fields, key: key, type: expected)
    // Compared in constant time: the place of the first wrong digit must not show.
    guard equalInConstantTime(Array(made.utf8), Array(sign.utf8)) else { throw .mismatch }
  }

  /// `name=value&name=value…` of the fields that take part. The values `0`, ` ` and `null` do.
  static func canonical(_ fields: Fields) -> [UInt8] {
    let signed = fields.filter { name, value in name != "sign" && !value.isEmpty }
      .map { (name: Array($0.name.utf8), value: Array($0.value.utf8)) }
      .sorted { $0.name.lexicographicallyPrecedes($1.name) }
    return Array(signed.map { $0.name + Array("=".utf8) + $0.value }.joined(separator: "&".utf8))
  }
}

/// Why a message's signature was refused.
package enum SignatureRefusal: Error, Sendable, Equatable {
  /// No `sign`, or an empty one.
  case missing
  /// Not as many upper-case hexadecimal digits as the algorithm has.
  case malformed
  /// The message names another algorithm than the merchant's.
  case otherSignType
  /// Not the signature of this key over this message.
  case mismatch
}

extension UInt8 {
  fileprivate var isUpperHexadecimal: Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
      || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(self)
  }
}

extension SignatureRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing: "there is no sign"
    case .malformed: "sign is not as many upper-case hexadecimal digits as it must be"
    case .otherSignType: "sign_type names another algorithm"
    case .mismatch: "sign was not made with this key"
    }
  }
}
