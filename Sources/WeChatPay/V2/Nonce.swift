import OpenSSL

/// Random strings (随机字符串, `nonce_str`), which make every signature another one.
package enum Nonce {
  /// - Returns: 32 lower-case hexadecimal digits: 128 random bits.
  package static func make() -> String { hexadecimal(randomBytes(16)) }
}
