/// Numbers that WeChat gives out: random, in the shapes that it uses.
enum Numbers {
  /// 36 characters: `wx`, 14 digits of Beijing time, 20 hexadecimal digits.
  static func prepayID(at now: Int64) -> String {
    "wx" + BeijingTime.digits(now) + random(20, of: "0123456789abcdef")
  }

  /// 28 digits: 10 of WeChat's, the date in Beijing, 10 more.
  static func transactionID(at now: Int64) -> String {
    "4200" + random(6, of: digits) + BeijingTime.digits(now).prefix(8) + random(10, of: digits)
  }

  /// 29 digits: 10 of WeChat's, the date in Beijing, 11 more.
  static func refundID(at now: Int64) -> String {
    "503" + random(7, of: digits) + BeijingTime.digits(now).prefix(8) + random(11, of: digits)
  }

  /// The `out_refund_no` of a refund made by hand: 32 characters.
  static func refundNumber(at now: Int64) -> String {
    "WX" + BeijingTime.digits(now) + random(16, of: digits)
  }

  /// 28 characters, `o` first, as real ones are.
  static func openID() -> String { "o" + random(27, of: alphanumerics + "_-") }

  /// 32 characters, as `wx.login` gives.
  static func loginCode() -> String { "0" + random(31, of: alphanumerics) }

  static func nonce() -> String { random(16, of: alphanumerics) }

  static func couponID() -> String { random(10, of: digits) }

  /// A random number of lower-case hexadecimal digits.
  static func hexadecimal(_ count: Int) -> String { random(count, of: "0123456789abcdef") }

  private static let digits = "0123456789"
  private static let alphanumerics =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

  private static func random(_ count: Int, of alphabet: String) -> String {
    let alphabet = Array(alphabet.utf8)
    let bytes = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] }
    return String(decoding: bytes, as: UTF8.self)
  }
}
