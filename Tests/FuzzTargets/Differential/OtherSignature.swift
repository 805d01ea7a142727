import Foundation

/// The signature of APIv2 written down a second time, as differently as possible: text instead of
/// bytes, insertion instead of sorting, digests by their definitions instead of OpenSSL's.
enum OtherSignature {
  static func make(_ fields: [(name: String, value: String)], key: String, isHMAC: Bool) -> String {
    var sorted: [(name: String, value: String)] = []
    for field in fields where field.name != "sign" && field.value.utf8.count > 0 {
      let place = sorted.firstIndex { precedes(field.name, $0.name) } ?? sorted.count
      sorted.insert(field, at: place)
    }
    var text = ""
    for field in sorted { text += (text.isEmpty ? "" : "&") + field.name + "=" + field.value }
    text += "&key=" + key
    let digest = isHMAC ? hmac(Array(key.utf8), Array(text.utf8)) : md5(Array(text.utf8))
    return digest.map { byte in
      let digits = String(byte, radix: 16).uppercased()
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }

  private static func precedes(_ left: String, _ right: String) -> Bool {
    var (left, right) = (left.unicodeScalars.makeIterator(), right.unicodeScalars.makeIterator())
    while true {
      switch (left.next()?.value, right.next()?.value) {
      case (nil, let rest): return rest != nil
      case (_, nil): return false
      case (let a?, let b?) where a != b: return a < b
      default: continue
      }
    }
  }

  /// RFC 1321.
  private static func md5(_ message: [UInt8]) -> [UInt8] {
    let shifts: [[UInt32]] = [
      [7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21],
    ]
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]
    for block in blocks(message, isBigEndian: false) {
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      for step in 0..<64 {
        let (mixed, word): (UInt32, Int) =
          switch step / 16 {
          case 0: ((b & c) | (~b & d), step)
          case 1: ((d & b) | (~d & c), (5 * step + 1) % 16)
          case 2: (b ^ c ^ d, (3 * step + 5) % 16)
          default: (c ^ (b | ~d), 7 * step % 16)
          }
        let sum = a &+ mixed &+ sines[step] &+ block[word]
        let shift = shifts[step / 16][step % 4]
        (a, d, c, b) = (d, c, b, b &+ (sum << shift | sum >> (32 - shift)))
      }
      state = [state[0] &+ a, state[1] &+ b, state[2] &+ c, state[3] &+ d]
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }

  /// RFC 2104 with FIPS 180-4.
  private static func hmac(_ key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var block = key.count > 64 ? sha256(key) : key
    block += [UInt8](repeating: 0, count: 64 - block.count)
    return sha256(block.map { $0 ^ 0x5C } + sha256(block.map { $0 ^ 0x36 } + message))
  }

  private static func sha256(_ message: [UInt8]) -> [UInt8] {
    var state = initial
    for block in blocks(message, isBigEndian: true) {
      var words = block
      for step in 16..<64 {
        let (w15, w2) = (words[step - 15], words[step - 2])
        let low = turned(w15, 7) ^ turned(w15, 18) ^ (w15 >> 3)
        let high = turned(w2, 17) ^ turned(w2, 19) ^ (w2 >> 10)
        words.append(words[step - 16] &+ low &+ words[step - 7] &+ high)
      }
      var v = state
      for step in 0..<64 {
        let high = turned(v[4], 6) ^ turned(v[4], 11) ^ turned(v[4], 25)
        let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
        let first = v[7] &+ high &+ choice &+ constants[step] &+ words[step]
        let low = turned(v[0], 2) ^ turned(v[0], 13) ^ turned(v[0], 22)
        let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
        v = [first &+ low &+ majority, v[0], v[1], v[2], v[3] &+ first, v[4], v[5], v[6]]
      }
      state = zip(state, v).map { $0 &+ $1 }
    }
    return state.flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) }
    }
  }

  private static func turned(_ word: UInt32, _ bits: UInt32) -> UInt32 {
    word >> bits | word << (32 - bits)
  }

  /// The message padded to blocks of 16 words, its length in bits at the end.
  private static func blocks(_ message: [UInt8], isBigEndian: Bool) -> [[UInt32]] {
    var bytes = message + [0x80]
    while bytes.count % 64 != 56 { bytes.append(0) }
    for index in 0..<8 {
      let shift = isBigEndian ? 56 - 8 * index : 8 * index
      bytes.append(UInt8(truncatingIfNeeded: (message.count * 8) >> shift))
    }
    return stride(from: 0, to: bytes.count, by: 64).map { block in
      (0..<16).map { word in
        (0..<4).reduce(UInt32(0)) { value, index in
          let shift = UInt32(isBigEndian ? 24 - 8 * index : 8 * index)
          return value | UInt32(bytes[block + 4 * word + index]) << shift
        }
      }
    }
  }

  private static let sines: [UInt32] = (1...64).map {
    UInt32(abs(sin(Double($0))) * 4_294_967_296)
  }

  private static let primes: [Int] = (2...311).filter { number in
    !(2..<number).contains { number % $0 == 0 }
  }

  /// The first bits of the fractional parts of square and cube roots of the first primes.
  private static let initial = primes.prefix(8).map { fraction(Double($0).squareRoot()) }
  private static let constants = primes.prefix(64).map { fraction(cbrt(Double($0))) }

  private static func fraction(_ number: Double) -> UInt32 {
    UInt32((number - number.rounded(.down)) * 4_294_967_296)
  }
}
