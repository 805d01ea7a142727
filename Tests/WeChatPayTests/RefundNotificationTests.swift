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

  // MARK: What it says

  private let good: Fields = [
    "transaction_id": "4200001952202606044309990415", "out_trade_no": "T20260101-000001",
    "refund_id": "50300000000000000000000000001", "out_refund_no": "R20260101-1@1",
    "total_fee": "29", "settlement_total_fee": "29", "refund_fee": "10",
    "settlement_refund_fee": "10", "refund_status": "SUCCESS",
    "success_time": "2026-01-04 18:34:24", "refund_recv_accout": "支付用户零钱",
    "refund_account": "REFUND_SOURCE_RECHARGE_FUNDS", "refund_request_source": "API",
  ]

  /// The notification as WeChat would post it, decrypted.
  private func hint(_ information: String) throws -> RefundHint {
    let message = FlatXML.write([
      "return_code": "SUCCESS", "appid": "wx0123456789abcdef", "mch_id": "1900000109",
      "nonce_str": "N1", "req_info": information,
    ])
    return try RefundNotification(message).decrypted(with: Sample.key)
  }

  private func encryption(of fields: Fields, root: String = "root") -> [UInt8] {
    encryptAES256ECB(
      key: Sample.key.refundKey, plaintext: FlatXML.write(fields, root: root))
  }

  @Test func `a notification is read as WeChat reports it`() throws {
    let hint = try hint(base64(encryption(of: good)))
    #expect(hint.transactionID == Sample.transactionID)
    #expect(hint.outTradeNo == Sample.number)
    #expect(hint.outRefundNo == Sample.refundNumber)
    #expect(hint.refundID.text == "50300000000000000000000000001")
    #expect(hint.total.amount == 29)
    #expect(hint.amount.amount == 10)
    #expect(hint.status == .success)
  }

  @Test func `what is longer than WeChat's is refused before it is decoded`() throws {
    func message(_ information: String, padding: Int = 0) -> [UInt8] {
      FlatXML.write([
        "return_code": "SUCCESS", "appid": "wx0123456789abcdef", "mch_id": "1900000109",
        "nonce_str": String(repeating: "N", count: 1 + padding), "req_info": information,
      ])
    }
    // Genuine up to the last byte: nothing but its length refuses it. Base64 may be wrapped.
    let information = base64(encryption(of: good))
    let full = information + String(repeating: "\n", count: 4096 - information.utf8.count)
    #expect(try RefundNotification(message(full)).decrypted(with: Sample.key).status == .success)
    for long in [full + "\n", full + String(repeating: "A", count: 9000)] {
      #expect(throws: NotificationRefusal.field("req_info")) {
        try RefundNotification(message(long))
      }
    }
    let room = (16 << 10) - message(information).count
    let widest = message(information, padding: room)
    #expect(widest.count == 16 << 10)
    #expect(try RefundNotification(widest).decrypted(with: Sample.key).status == .success)
    #expect(throws: NotificationRefusal.message(.tooLong)) {
      try RefundNotification(message(information, padding: room + 1))
    }
    // Not even read: what follows is no message at all.
    #expect(throws: NotificationRefusal.message(.tooLong)) {
      try RefundNotification(Array(repeating: 0, count: (16 << 10) + 1))
    }
  }

  @Test func `every field that matters must be there and readable, or nothing is read`() throws {
    for (name, value) in [
      ("transaction_id", nil), ("transaction_id", "42&x=1"), ("out_trade_no", nil),
      ("out_trade_no", "a b c d e"), ("refund_id", nil), ("refund_id", ""),
      ("out_refund_no", nil), ("out_refund_no", ""), ("total_fee", nil), ("total_fee", "0"),
      ("refund_fee", nil), ("refund_fee", "0.10"), ("refund_fee", "-10"), ("refund_status", nil),
      ("refund_status", ""),
    ] {
      var fields = good
      fields[name] = value
      #expect(throws: NotificationRefusal.undecipherable) {
        try hint(base64(encryption(of: fields)))
      }
    }
    #expect(throws: NotificationRefusal.undecipherable) {
      try hint(base64(encryption(of: good, root: "xml")))
    }
  }

  @Test(arguments: ["a b", "TK.2026/款", String(repeating: "7", count: 65)])
  func `a refund under a number that ours cannot have is one to ask about all the same`(
    number: String
  ) throws {
    var fields = good
    fields["out_refund_no"] = number
    let hint = try hint(base64(encryption(of: fields)))
    #expect(hint.outRefundNo == nil)
    #expect(hint.outTradeNo == Sample.number)
  }

  @Test func `what is cut, spliced or changed gives the same refusal or another hint, never more`()
    throws
  {
    let bytes = encryption(of: good)
    let blocks = stride(from: 0, to: bytes.count, by: 16).map { Array(bytes[$0..<$0 + 16]) }
    var mutants: [[UInt8]] = (1..<blocks.count).map { Array(bytes.prefix($0 * 16)) }
    mutants += (1..<16).map { Array(bytes.dropLast($0)) }
    for index in blocks.indices {
      var without = blocks
      without.remove(at: index)
      mutants.append(Array(without.joined()))
      var twice = blocks
      twice.insert(blocks[index], at: index)
      mutants.append(Array(twice.joined()))
      var swapped = blocks
      swapped.swapAt(index, (index + 1) % blocks.count)
      mutants.append(Array(swapped.joined()))
      var flipped = bytes
      flipped[index * 16] ^= 1
      mutants.append(flipped)
    }
    var refused = 0
    for mutant in mutants {
      do {
        // Blocks exchanged inside a number give another number: that is why it is only a hint.
        _ = try hint(base64(mutant))
      } catch {
        #expect(error as? NotificationRefusal == .undecipherable)
        refused += 1
      }
    }
    #expect(refused > mutants.count / 2)
  }

  private func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
