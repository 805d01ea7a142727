import Foundation
import OpenSSL
import Payments
import Testing

@testable import WeChatPay

@Suite struct RefundNotificationTests {
  static let encrypted = Vectors.file.refundReqInfo.filter { $0.reqInfo != nil }

  @Test(arguments: encrypted)
  func `published refund notifications decrypt`(vector: Vectors.Encrypted) throws {
    let key = APIKey(unchecked: try #require(vector.key))
    #expect(key.refundKey == Array(vector.aesKeyAscii.utf8))
    let plain = try #require(vector.plaintext)
    let fields = try RefundNotification.decrypt(try #require(vector.reqInfo), key: key)
    #expect(try fields == FlatXML.read(Array(plain.utf8), root: "root"))
    #expect(fields["refund_recv_accout"]?.isEmpty == false)
    if let xml = vector.notifyXml {
      let notification = try RefundNotification(Array(xml.utf8))
      #expect(notification.merchantID == MerchantID("12345678"))
      #expect(try notification.decrypted(with: key) == RefundHint(fields))
    }
  }

  @Test func `the published ciphertext is ours, byte for byte`() throws {
    let vector = try #require(Vectors.file.refundReqInfo.first { $0.id == "Q05" })
    let key = Array(vector.aesKeyAscii.utf8)
    let plain = try #require(vector.plaintext)
    #expect(vector.base64 == base64(encryptAES256ECB(key: key, plaintext: Array(plain.utf8))))
  }

  @Test func `the key of refund notifications is the published one`() throws {
    let vector = try #require(Vectors.file.refundReqInfo.first { $0.id == "Q06" })
    let key = APIKey(unchecked: try #require(vector.key))
    #expect(key.refundKey == Array(vector.aesKeyAscii.utf8))
  }

  @Test func `whatever is wrong with req_info, the refusal is the same`() throws {
    let key = Sample.key
    func encrypted(_ text: String) -> String {
      base64(encryptAES256ECB(key: key.refundKey, plaintext: Array(text.utf8)))
    }
    let good = encrypted("<root><refund_status>SUCCESS</refund_status></root>")
    #expect(try RefundNotification.decrypt(good, key: key)["refund_status"] == "SUCCESS")
    let wrapped = good.prefix(20) + "\r\n " + good.dropFirst(20)
    #expect(try RefundNotification.decrypt(String(wrapped), key: key)["refund_status"] == "SUCCESS")
    for text in [
      "?", "AAAA", String(good.dropLast(4)), String(good.dropLast(22)), "中",
      encrypted("<xml><refund_status>SUCCESS</refund_status></xml>"),
      encrypted("<!DOCTYPE r [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><root><a>&e;</a></root>"),
      encrypted(""), good.reversed().map(String.init).joined(),
    ] {
      #expect(throws: NotificationRefusal.undecipherable) {
        try RefundNotification.decrypt(text, key: key)
      }
    }
    #expect(throws: NotificationRefusal.undecipherable) {
      try RefundNotification.decrypt(good, key: APIKey(unchecked: "another"))
    }
  }

  private func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
