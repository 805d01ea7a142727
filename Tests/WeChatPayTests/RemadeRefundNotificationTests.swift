import Foundation
import OpenSSL
import Payments
import Testing

@testable import WeChatPay

/// The message that the shop's old script gets in place of one that was lost.
@Suite struct RemadeRefundNotificationTests {
  private let answer: Fields = [
    "out_trade_no": "T20260101-000001", "refund_count": "1", "out_refund_no_0": "R20260101-1@1",
    "refund_id_0": "50300000000000000000000000001", "refund_fee_0": "10",
    "refund_status_0": "SUCCESS", "refund_success_time_0": "2026-01-04 18:34:24",
    "refund_recv_accout_0": "招商银行信用卡0403", "refund_account_0": "REFUND_SOURCE_UNSETTLED_FUNDS",
    "settlement_total_fee": "28", "settlement_refund_fee_0": "9",
  ]

  private func remade(
    _ answer: Fields, merchant: Merchant = Sample.merchant(), source: RefundSource = .api
  ) throws -> [UInt8] {
    let record = try #require(try RefundPage(answer, of: Sample.number).list.records.first)
    return merchant.remadeNotification(
      of: record, outTradeNo: Sample.number, transactionID: Sample.transactionID, total: Fen(29)!,
      source: source)
  }

  private func inner(_ message: [UInt8]) throws -> Fields {
    let information = try #require(try FlatXML.read(message)["req_info"])
    return try RefundNotification.decrypt(information, key: Sample.key)
  }

  @Test func `what is encrypted is the published message, byte for byte`() throws {
    let vector = try #require(Vectors.file.refundReqInfo.first { $0.id == "Q04" })
    let merchant = Sample.merchant(key: APIKey(unchecked: try #require(vector.key)))
    var answer = answer
    answer["out_refund_no_0"] = "R20260101-1"
    answer["refund_status_0"] = "CHANGE"
    answer["refund_success_time_0"] = nil
    answer["refund_recv_accout_0"] = "支付用户零钱"
    answer["refund_account_0"] = "REFUND_SOURCE_RECHARGE_FUNDS"
    // As of a payment without coupons, of whose settlement an answer says nothing.
    answer["settlement_total_fee"] = nil
    answer["settlement_refund_fee_0"] = nil
    let message = try FlatXML.read(remade(answer, merchant: merchant))
    #expect(message["req_info"] == vector.reqInfo)
  }

  @Test func `it says what WeChat's answer says`() throws {
    let message = try remade(answer)
    let outer = try FlatXML.read(message)
    #expect(outer.names == ["return_code", "appid", "mch_id", "nonce_str", "req_info"])
    #expect(outer["nonce_str"]?.count == 32)
    #expect(
      try inner(message) == [
        "transaction_id": "4200001952202606044309990415", "out_trade_no": "T20260101-000001",
        "refund_id": "50300000000000000000000000001", "out_refund_no": "R20260101-1@1",
        "total_fee": "29", "settlement_total_fee": "28", "refund_fee": "10",
        "settlement_refund_fee": "9", "refund_status": "SUCCESS",
        "success_time": "2026-01-04 18:34:24", "refund_recv_accout": "招商银行信用卡0403",
        "refund_account": "REFUND_SOURCE_UNSETTLED_FUNDS", "refund_request_source": "API",
      ])
  }

  @Test func `it is read as WeChat's own message is`() throws {
    let notification = try RefundNotification(remade(answer, source: .vendorPlatform))
    #expect(notification.appID.text == "wx0123456789abcdef")
    #expect(notification.merchantID.text == "1900000109")
    let hint = try notification.decrypted(with: Sample.key)
    #expect(hint.transactionID == Sample.transactionID)
    #expect(hint.outTradeNo == Sample.number)
    #expect(hint.outRefundNo == Sample.refundNumber)
    #expect(hint.refundID.text == "50300000000000000000000000001")
    #expect(hint.total.amount == 29)
    #expect(hint.amount.amount == 10)
    #expect(hint.status == .success)
    #expect(
      try inner(remade(answer, source: .vendorPlatform))["refund_request_source"]
        == "VENDOR_PLATFORM")
    #expect(throws: NotificationRefusal.undecipherable) {
      try notification.decrypted(with: APIKey(unchecked: "another"))
    }
  }

  @Test func `it is the same each time, and another for another state`() throws {
    #expect(try remade(answer) == remade(answer))
    var abnormal = answer
    abnormal["refund_status_0"] = "CHANGE"
    let nonces = try [answer, abnormal].map { try FlatXML.read(remade($0))["nonce_str"] }
    #expect(nonces[0] != nonces[1])
  }

  @Test func `what WeChat does not say is not claimed`() throws {
    var answer = answer
    for name in ["refund_success_time_0", "refund_recv_accout_0", "refund_account_0"] {
      answer[name] = nil
    }
    let inner = try inner(remade(answer))
    for name in ["success_time", "refund_recv_accout", "refund_account"] {
      #expect(inner[name] == "", "\(name)")
    }
  }

  @Test func `no text of WeChat's breaks out of the message`() throws {
    let text = "]]></refund_recv_accout><refund_fee>29</refund_fee>&amp;\r\n"
    var answer = answer
    answer["refund_recv_accout_0"] = text
    let inner = try inner(remade(answer))
    #expect(inner["refund_recv_accout"] == text)
    #expect(inner["refund_fee"] == "10")
    #expect(inner.count == 13)
  }

  @Test(arguments: ["20260104183424", "20261231235959", "20260101000000"])
  func `a time is written as it is read`(text: String) throws {
    let time = try #require(BeijingTime(compact: text))
    let fields: Fields = ["time": time.spaced]
    #expect(try fields.successTime("time") == time)
  }
}
