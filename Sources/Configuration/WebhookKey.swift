import FoundationEssentials
import OpenSSL
import Payments

/// The key that proves to the shop that a webhook is ours: `whsec_` and 24 to 64 bytes in base64.
///
/// Source: Standard Webhooks, Signature scheme, Symmetric.
package struct WebhookKey: Sendable {
  private let key: Secret

  private static let prefix = "whsec_"

  /// - Returns: `nil` when the text has another shape.
  init?(_ text: String) {
    guard text.hasPrefix(Self.prefix),
      let bytes = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))),
      (24...64).contains(bytes.count)
    else { return nil }
    key = Secret(text)
  }

  /// `v1,` and the HMAC-SHA256 of `id.seconds.body` in base64.
  package func signature(id: String, seconds: Int64, body: [UInt8]) -> String {
    let key = Data(base64Encoded: String(key.revealed.dropFirst(Self.prefix.count))) ?? Data()
    let digest = hmacSHA256(key: Array(key), message: Array("\(id).\(seconds).".utf8) + body)
    return "v1," + Data(digest).base64EncodedString()
  }
}
