import FoundationEssentials
import OpenSSL
package import Payments

/// A refund notification (退款结果通知).
///
/// It bears no signature, and its encryption protects no integrity: it is a hint to ask WeChat
/// about the refund, and proves nothing.
package struct RefundNotification: Sendable {
  /// As the message says; nothing proves it.
  package let appID: AppID
  /// As the message says; nothing proves it.
  package let merchantID: MerchantID
  private let encrypted: String

  /// WeChat's have about 1 KiB, of which `req_info` is most. Anybody can send one, and reading it is
  /// to cost little.
  private static let maximumBytes = 16 << 10
  private static let maximumEncryptedBytes = 4 << 10

  /// Reads the body of a request to the refund's `notify_url`.
  package init(_ body: [UInt8]) throws(NotificationRefusal) {
    guard body.count <= Self.maximumBytes else { throw .message(.tooLong) }
    let fields: Fields
    do {
      fields = try FlatXML.read(body)
    } catch {
      throw NotificationRefusal(body, error)
    }
    guard fields["sign"] == nil || fields["req_info"] != nil else { throw .paymentNotification }
    do {
      _ = try fields.value("return_code") { $0 == "SUCCESS" ? $0 : nil }
      appID = try fields.value("appid", AppID.init)
      merchantID = try fields.value("mch_id", MerchantID.init)
      encrypted = try fields.value("req_info") { text in
        (1...Self.maximumEncryptedBytes).contains(text.utf8.count) ? text : nil
      }
    } catch {
      throw .field(error.name)
    }
  }

  /// Decrypts the notification's `req_info`.
  ///
  /// - Throws: `NotificationRefusal.undecipherable`, whatever went wrong: a caller who could tell
  ///   bad padding from bad content would have a decryption oracle.
  package func decrypted(with key: APIKey) throws(NotificationRefusal) -> RefundHint {
    do {
      return try RefundHint(Self.decrypt(encrypted, key: key))
    } catch {
      throw .undecipherable
    }
  }

  /// AES-256-ECB with PKCS#7 padding, Base64, below it a message with root `root`.
  static func decrypt(_ text: String, key: APIKey) throws(NotificationRefusal) -> Fields {
    let digits = text.utf8.filter { !" \t\r\n".utf8.contains($0) }
    guard let ciphertext = Data(base64Encoded: Data(digits)) else { throw .undecipherable }
    do {
      let plain = try decryptAES256ECB(key: key.refundKey, ciphertext: Array(ciphertext))
      return try FlatXML.read(plain, root: "root")
    } catch {
      throw .undecipherable
    }
  }
}

extension RefundNotification {
  /// `req_info` of fields in their order: what `decrypt` reads.
  static func encrypt(_ fields: Fields, key: APIKey) -> String {
    let plain = FlatXML.write(fields, root: "root")
    return Data(encryptAES256ECB(key: key.refundKey, plaintext: plain)).base64EncodedString()
  }
}

extension APIKey {
  /// The key of refund notifications: the 32 lower-case hexadecimal digits of the API key's MD5,
  /// as characters, leading zeros included.
  var refundKey: [UInt8] { Array(hexadecimal(md5(bytes)).utf8) }
}
