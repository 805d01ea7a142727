import Foundation
import OpenSSL
import Payments
import Testing

@testable import WeChatPay

/// Every vector of `vectors-v2.json` is a case of a test here or in the suites beside.
@Suite struct VectorTests {
  @Test func `no verified vector and no section of the file is left out`() throws {
    let file = try #require(
      JSONSerialization.jsonObject(with: Vectors.bytes) as? [String: Any])
    let sections = Set(file.keys).subtracting(["about", "conventions"])
    #expect(
      sections == [
        "sign", "request_payment_resign", "payment_notifications", "refund_req_info",
        "unverifiable_xml_samples", "must_refuse_or_special", "bills", "jscode2session_shapes",
        "notify_replies", "yuan_to_fen", "number_character_rules",
      ])
    let verified = sections.flatMap { file[$0] as? [[String: Any]] ?? [] }
      .filter { $0["verified"] as? Bool == true }.compactMap { $0["id"] as? String }
    // What the tests take as their arguments.
    let vectors = Vectors.file
    let tested =
      vectors.sign.map(\.id) + vectors.requestPaymentResign.map(\.id)
      + vectors.paymentNotifications.map(\.id)
      + RefundNotificationTests.encrypted.map(\.id) + ["Q05", "Q06"]
      + BillTests.tables.map(\.id) + ["T05"]
    #expect(Set(tested) == Set(verified))
    #expect(tested.count == verified.count)
    #expect(verified.count == 44)
  }

  @Test(arguments: Vectors.file.sign)
  func `a message is signed as published`(vector: Vectors.Signed) throws {
    let key = APIKey(unchecked: vector.key)
    let fields = Fields(vector.params.map { ($0, $1) })
    let text = String(decoding: Signature.canonical(fields), as: UTF8.self)
    #expect(text + "&key=" + vector.key == vector.stringToSign)
    #expect(vector.md5 != nil || vector.hmacSha256 != nil)
    for (type, sign) in [(SignType.md5, vector.md5), (.hmacSHA256, vector.hmacSha256)] {
      guard let sign else { continue }
      #expect(Signature.make(fields, key: key, type: type) == sign)
      var signed = fields
      signed["sign"] = sign
      try Signature.verify(signed, key: key, expected: type)
    }
  }

  @Test(arguments: Vectors.file.sign.filter { $0.xml != nil })
  func `recorded traffic is read and verifies`(vector: Vectors.Signed) throws {
    let xml = try #require(vector.xml)
    var fields = try FlatXML.read(Array(xml.utf8))
    try Signature.verify(fields, key: APIKey(unchecked: vector.key), expected: .md5)
    fields["sign"] = nil
    #expect(fields == Fields(vector.params.map { ($0, $1) }))
  }

  @Test(arguments: Vectors.file.requestPaymentResign)
  func `the client's call is signed as published`(vector: Vectors.Resigned) throws {
    let key = APIKey(unchecked: vector.key)
    let fields = Fields(vector.params.map { ($0, $1) })
    let text = String(decoding: Signature.canonical(fields), as: UTF8.self)
    #expect(text + "&key=" + vector.key == vector.stringToSign)
    let type = vector.params["signType"].flatMap(SignType.init) ?? .md5
    let published = try #require(vector.paySign ?? vector.sign)
    #expect(Signature.make(fields, key: key, type: type) == published)
  }

  @Test(arguments: Vectors.file.yuanToFen)
  func `yuan become fen`(money: Vectors.Money) {
    #expect(Fen(yuan: money.yuan)?.amount == money.fen)
  }

  @Test(arguments: Vectors.file.numberCharacterRules.cases)
  func `numbers keep to WeChat's characters`(number: Vectors.Number) {
    #expect((OutTradeNo(number.value) != nil) == number.outTradeNo)
    #expect((OutRefundNo(number.value) != nil) == number.outRefundNo)
  }

  @Test func `replies to notifications are the manual's, byte for byte`() {
    let replies = Vectors.file.notifyReplies
    #expect(NotifyReply.success == Array(replies.success.utf8))
    #expect(NotifyReply.fail("签名失败") == Array(replies.fail.utf8))
  }
}
