import COpenSSL

/// The MD5 digest, 16 bytes. Broken as a hash; WeChat Pay APIv2 demands it. Source: RFC 1321.
package func md5(_ message: [UInt8]) -> [UInt8] { DigestAlgorithm.md5.digest(message) }

/// The SHA-256 digest, 32 bytes. Source: FIPS 180-4.
package func sha256(_ message: [UInt8]) -> [UInt8] { DigestAlgorithm.sha256.digest(message) }

/// HMAC with SHA-256, 32 bytes. Source: RFC 2104, RFC 4231.
package func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
  DigestAlgorithm.sha256.hmac(key: key, message: message)
}

/// A digest fetched from OpenSSL once: looking it up takes longer than digesting a message.
///
/// Unchecked: OpenSSL never changes a fetched `EVP_MD`, and any thread may use it.
@safe private struct DigestAlgorithm: @unchecked Sendable {
  static let md5 = DigestAlgorithm("MD5", size: 16)
  static let sha256 = DigestAlgorithm("SHA2-256", size: 32)

  private let method: OpaquePointer
  private let size: Int

  private init(_ name: String, size: Int) {
    guard let method = unsafe EVP_MD_fetch(nil, name, nil) else {
      fatalError("OpenSSL has no \(name); is it restricted to FIPS algorithms?")
    }
    unsafe self.method = method
    self.size = size
  }

  func digest(_ message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: size)
    let status = unsafe EVP_Digest(message, message.count, &digest, nil, method, nil)
    precondition(status == 1, "OpenSSL could not compute a digest.")
    return digest
  }

  func hmac(key: [UInt8], message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: size)
    let result = unsafe HMAC(
      method, key, Int32(key.count), message, message.count, &digest, nil)
    precondition(unsafe result != nil, "OpenSSL could not compute an HMAC.")
    return digest
  }
}
