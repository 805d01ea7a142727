import OpenSSL
import Testing

@Suite struct BytesTests {
  @Test func `hexadecimal keeps leading zeros`() {
    #expect(hexadecimal([0, 0x2b, 0xff, 0x1e]) == "002bff1e")
    #expect(hexadecimal([0, 0x2b, 0xff, 0x1e], uppercase: true) == "002BFF1E")
    #expect(hexadecimal([]) == "")
  }

  @Test func `comparison tells equal bytes from all others`() {
    let bytes = randomBytes(64)
    #expect(equalInConstantTime(bytes, bytes))
    #expect(equalInConstantTime([], []))
    for index in bytes.indices {
      var other = bytes
      other[index] ^= 1
      #expect(!equalInConstantTime(bytes, other))
    }
  }

  @Test func `different lengths compare unequal`() {
    #expect(!equalInConstantTime([1, 2, 3], [1, 2]))
    #expect(!equalInConstantTime([], [0]))
  }

  @Test func `random bytes have the length asked for and do not repeat`() {
    #expect(randomBytes(0) == [])
    #expect(randomBytes(33).count == 33)
    let drawn = Set((0..<10_000).map { _ in randomBytes(16) })
    #expect(drawn.count == 10_000)
    // Each of the 256 values is expected 625 times: a missing one would be no accident.
    #expect(Set(drawn.joined()).count == 256)
  }
}
