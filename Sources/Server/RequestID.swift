/// Numbers of requests, by which log lines of nginx and ours are found together.
enum RequestID {
  /// 1 to 64 of `0-9 a-z A-Z -`; anything else could forge log lines.
  static func isWellFormed(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// 128 random bits as 32 hexadecimal digits, like nginx's `$request_id`.
  static func random() -> String {
    let digits = String(UInt128.random(in: 0...UInt128.max), radix: 16)
    return String(repeating: "0", count: 32 - digits.utf8.count) + digits
  }
}
