import OpenSSL

/// Random strings (随机字符串, `nonce_str`), which make every signature another one.
public enum Nonce {
  /// - Returns: 32 lower-case hexadecimal digits: 128 random bits.
  public static func make() -> String { hexadecimal(randomBytes(16)) }
}
