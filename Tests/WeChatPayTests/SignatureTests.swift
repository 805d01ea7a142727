import Testing

@testable import WeChatPay

@Suite struct SignatureTests {
  private let key = Sample.key

  @Test func `the order of fields does not matter`() {
    let sign = Signature.make(Sample.notification, key: key, type: .md5)
    for _ in 0..<20 {
      let shuffled = Fields(Sample.notification.map { ($0.name, $0.value) }.shuffled())
      #expect(Signature.make(shuffled, key: key, type: .md5) == sign)
    }
  }

  @Test func `an empty value takes no part, zero and blank do`() {
    let sign = Signature.make(Sample.notification, key: key, type: .md5)
    for (value, isSame) in [("", true), ("0", false), (" ", false), ("null", false)] {
      var fields = Sample.notification
      fields["device_info"] = value
      #expect((Signature.make(fields, key: key, type: .md5) == sign) == isSame)
    }
  }

  @Test(arguments: SignType.allCases)
  func `a signature in another spelling is refused`(type: SignType) throws {
    let signed = Sample.signed(Sample.notification, type)
    try Signature.verify(signed, key: key, expected: type)
    let sign = try #require(signed["sign"])
    let spellings: [(String?, SignatureRefusal)] = [
      (nil, .missing), ("", .missing), (sign.lowercased(), .malformed), (" " + sign, .malformed),
      (sign + "\n", .malformed), (String(sign.dropLast()), .malformed), (sign + "0", .malformed),
      (String(sign.dropLast()) + "g", .malformed), (String(sign.reversed()), .mismatch),
      (String(repeating: "0", count: sign.count), .mismatch),
    ]
    for (spelling, refusal) in spellings {
      var fields = signed
      fields["sign"] = spelling
      #expect(throws: refusal) { try Signature.verify(fields, key: key, expected: type) }
    }
  }

  @Test func `a message cannot choose a weaker algorithm than the merchant's`() {
    let quiet = Sample.signed(Sample.notification, .md5)
    #expect(throws: SignatureRefusal.malformed) {
      try Signature.verify(quiet, key: key, expected: .hmacSHA256)
    }
    var loud = Sample.notification
    loud["sign_type"] = "MD5"
    #expect(throws: SignatureRefusal.otherSignType) {
      try Signature.verify(Sample.signed(loud, .md5), key: key, expected: .hmacSHA256)
    }
    #expect(throws: SignatureRefusal.otherSignType) {
      try Signature.verify(Sample.signed(loud, .hmacSHA256), key: key, expected: .hmacSHA256)
    }
    for word in ["md5", "MD4", "HMAC-SHA256 ", "none"] {
      loud["sign_type"] = word
      #expect(throws: SignatureRefusal.otherSignType) {
        try Signature.verify(Sample.signed(loud, .md5), key: key, expected: .md5)
      }
    }
  }

  @Test func `a key with one bit changed verifies nothing`() throws {
    let signed = Sample.signed(Sample.notification)
    let bytes = Array("Zq3vN8sKx1LwTb6RdYh2Gm9JcPf5Ua7E".utf8)
    for position in bytes.indices {
      for bit in 0..<7 {
        var changed = bytes
        changed[position] ^= 1 << bit
        let other = APIKey(unchecked: String(decoding: changed, as: UTF8.self))
        #expect(throws: SignatureRefusal.mismatch) {
          try Signature.verify(signed, key: other, expected: .md5)
        }
      }
    }
  }
}
