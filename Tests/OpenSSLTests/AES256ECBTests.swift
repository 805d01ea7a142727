import Foundation
import OpenSSL
import Testing

@Suite struct AES256ECBTests {
  private func bytes(base64: String) throws -> [UInt8] {
    Array(try #require(Data(base64Encoded: base64)))
  }

  @Test(arguments: RefundSample.all)
  func `published refund notifications are decrypted`(sample: RefundSample) throws {
    let key = hexadecimal(md5(Array(sample.apiKey.utf8)))
    #expect(key == sample.cipherKey)
    let ciphertext = try bytes(base64: sample.encrypted)
    let plaintext = try decryptAES256ECB(key: Array(key.utf8), ciphertext: ciphertext)
    #expect(plaintext.count == sample.plaintextCount)
    #expect(plaintext.starts(with: sample.plaintextStart.utf8))
    #expect(hexadecimal(sha256(plaintext)) == sample.plaintextSHA256)
    #expect(encryptAES256ECB(key: Array(key.utf8), plaintext: plaintext) == ciphertext)
  }

  /// wechatpay-apiv3/wechatpay-php, tests/Crypto/AesEcbTest.php.
  @Test func `a single short block is decrypted`() throws {
    let key = Array("0123456789abcdef0123456789abcdef".utf8)
    let ciphertext = try bytes(base64: "pZwJZBLuy3mDACEQT4YTBw==")
    #expect(try decryptAES256ECB(key: key, ciphertext: ciphertext) == Array("hello".utf8))
  }

  @Test(arguments: 0...49)
  func `what was encrypted is decrypted, whatever its length`(count: Int) throws {
    let key = randomBytes(32)
    let plaintext = randomBytes(count)
    let ciphertext = encryptAES256ECB(key: key, plaintext: plaintext)
    #expect(ciphertext.count == (count / 16 + 1) * 16)
    #expect(try decryptAES256ECB(key: key, ciphertext: ciphertext) == plaintext)
  }

  @Test func `every way of being malformed gives the same error`() {
    let key = [UInt8](repeating: 7, count: 32)
    let whole = encryptAES256ECB(key: key, plaintext: Array("sixteen bytes...and some".utf8))
    // One block whose plaintext is all zeros: no valid padding.
    let unpadded = Array(
      encryptAES256ECB(key: key, plaintext: .init(repeating: 0, count: 16))[..<16])
    let malformed = [[], [0], Array(whole.dropLast()), Array(whole.dropLast(16)), unpadded]
    for ciphertext in malformed {
      #expect(throws: OpenSSLError.cannotDecrypt) {
        try decryptAES256ECB(key: key, ciphertext: ciphertext)
      }
    }
    // A wrong key meets valid padding by chance once in 256 times: this one does not.
    #expect(throws: OpenSSLError.cannotDecrypt) {
      try decryptAES256ECB(key: .init(repeating: 8, count: 32), ciphertext: whole)
    }
  }

  @Test func `a key of another length is a programmer's mistake`() async {
    await #expect(processExitsWith: .failure) {
      _ = try decryptAES256ECB(key: [1, 2, 3], ciphertext: .init(repeating: 0, count: 16))
    }
  }
}
