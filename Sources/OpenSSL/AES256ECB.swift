import COpenSSL

/// Decrypts AES-256 in ECB mode and removes the PKCS#7 padding.
///
/// ECB hides no patterns and detects no change; it is used only where WeChat Pay APIv2 demands
/// it, in the refund notification (退款结果通知, field `req_info`).
///
/// - Parameter key: 32 bytes.
/// - Throws: `OpenSSLError.cannotDecrypt`, the same for every reason: a sender must not learn
///   whether length or padding was wrong.
package func decryptAES256ECB(key: [UInt8], ciphertext: [UInt8]) throws(OpenSSLError) -> [UInt8] {
  guard let plaintext = AES256ECB.shared.run(.decrypt, key: key, input: ciphertext) else {
    throw .cannotDecrypt
  }
  return plaintext
}

/// Encrypts what `decryptAES256ECB` decrypts: WeChat's side of the refund notification.
///
/// - Parameter key: 32 bytes.
package func encryptAES256ECB(key: [UInt8], plaintext: [UInt8]) -> [UInt8] {
  guard let ciphertext = AES256ECB.shared.run(.encrypt, key: key, input: plaintext) else {
    fatalError("OpenSSL could not encrypt.")
  }
  return ciphertext
}

/// The cipher, fetched from OpenSSL once.
///
/// Unchecked: OpenSSL never changes a fetched `EVP_CIPHER`, and any thread may use it.
@safe private struct AES256ECB: @unchecked Sendable {
  /// As OpenSSL numbers them.
  enum Direction: Int32 {
    case decrypt = 0
    case encrypt = 1
  }

  static let shared = AES256ECB()
  private let method: OpaquePointer

  private init() {
    guard let method = unsafe EVP_CIPHER_fetch(nil, "AES-256-ECB", nil) else {
      fatalError("OpenSSL has no AES-256-ECB.")
    }
    unsafe self.method = method
  }

  /// Nil when OpenSSL refuses the input.
  func run(_ direction: Direction, key: [UInt8], input: [UInt8]) -> [UInt8]? {
    precondition(key.count == 32, "AES-256 has keys of 32 bytes.")
    // What failed is thrown away: the next caller of OpenSSL must not find it in the queue.
    defer { ERR_clear_error() }
    let context = unsafe EVP_CIPHER_CTX_new()
    // Also wipes the expanded key.
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    var output = [UInt8](repeating: 0, count: input.count + 16)
    var outputCount: Int32 = 0
    var lastBlock = [UInt8](repeating: 0, count: 16)
    var lastCount: Int32 = 0
    guard let inputCount = Int32(exactly: input.count),
      unsafe EVP_CipherInit_ex2(context, method, key, nil, direction.rawValue, nil) == 1,
      unsafe EVP_CipherUpdate(context, &output, &outputCount, input, inputCount) == 1,
      unsafe EVP_CipherFinal_ex(context, &lastBlock, &lastCount) == 1
    else { return nil }
    return Array(output.prefix(Int(outputCount)) + lastBlock.prefix(Int(lastCount)))
  }
}
