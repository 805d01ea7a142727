import Payments
import Testing

@testable import WeChatPay

@Suite struct RefundPageTests {
  private let order = OutTradeNo("T20260101-000001")!

  private let good: Fields = [
    "out_trade_no": "T20260101-000001", "total_fee": "29", "settlement_total_fee": "28",
    "refund_count": "1", "out_refund_no_0": "R1", "settlement_refund_fee_0": "0",
    "refund_id_0": "50300000000000000000000000001", "refund_fee_0": "10",
    "refund_status_0": "SUCCESS", "refund_channel_0": "ORIGINAL",
    "refund_recv_accout_0": "支付用户零钱", "refund_account_0": "REFUND_SOURCE_UNSETTLED_FUNDS",
    "refund_success_time_0": "2026-01-04 18:34:24", "coupon_refund_fee_0": "1",
    "coupon_refund_id_0_0": "2000000000276621044",
  ]

  @Test func `a refund is read as WeChat reports it`() throws {
    let page = try RefundPage(good, of: order)
    #expect(page.total == nil)
    #expect(
      page.list.records == [
        RefundRecord(
          outRefundNo: OutRefundNo("R1")!, refundID: RefundID("50300000000000000000000000001")!,
          amount: Fen(10)!, status: .success, succeededAt: BeijingTime(compact: "20260104183424")!,
          details: .init(
            settlementTotal: "28", settlementAmount: "0", receivingAccount: "支付用户零钱",
            account: "REFUND_SOURCE_UNSETTLED_FUNDS"))
      ])
  }

  @Test func `a recorded answer is read`() throws {
    let vector = try #require(Vectors.file.sign.first { $0.id == "S13" })
    let fields = try FlatXML.read(Array(try #require(vector.xml).utf8))
    let page = try RefundPage(fields, of: #require(OutTradeNo("1415757673")))
    #expect(page.list.records.map(\.outRefundNo.text) == ["1415701182"])
    #expect(page.list.records.map(\.refundID.text) == ["2008450740201411110000174436"])
    #expect(page.list.records.map(\.amount.amount) == [1])
    #expect(page.list.records.map(\.status) == [.processing])
    #expect(page.list.records.map(\.details.receivingAccount) == [nil])
    #expect(page.list.records.map(\.succeededAt) == [nil])
  }

  @Test func `an answer in which anything that matters is missing or unreadable says nothing`() {
    for (name, value) in [
      ("out_trade_no", nil), ("out_trade_no", "T20260101-000002"), ("refund_count", nil),
      ("refund_count", ""), ("refund_count", "-1"), ("refund_count", "2"), ("refund_count", "1.0"),
      ("refund_count", "100000000000000000000"), ("total_refund_count", "x"),
    ] {
      var fields = good
      fields[name] = value
      do throws(WeChatPayError) {
        _ = try RefundPage(fields, of: order)
        Issue.record("\(name) = \(value ?? "nothing") was taken")
      } catch {
        #expect(error.outcome == .unknown)
        #expect(error.handling == .sendAgain)
      }
    }
  }

  @Test(
    arguments: [
      ("out_refund_no", nil), ("out_refund_no", ""), ("refund_id", nil), ("refund_id", ""),
      ("refund_id", "5030-1"), ("refund_fee", nil), ("refund_fee", "0"), ("refund_fee", "0.10"),
      ("refund_fee", "-10"), ("refund_status", nil), ("refund_status", ""),
      ("refund_success_time", "20260104183424"), ("refund_success_time", "2026-02-30 00:00:00"),
      ("refund_success_time", "2026-01-04T18:34:24"), ("refund_success_time", "yesterday"),
    ] as [(String, String?)])
  func `a record that cannot be read hides no other, and is named`(
    field: String, value: String?
  ) throws {
    var fields = good
    fields["refund_count"] = "2"
    for name in ["out_refund_no", "refund_id", "refund_fee", "refund_status"] {
      fields["\(name)_1"] = fields["\(name)_0"]
    }
    fields["out_refund_no_1"] = "R2"
    fields["refund_id_1"] = "50300000000000000000000000002"
    fields["\(field)_0"] = value
    let page = try RefundPage(fields, of: order)
    #expect(page.list.records.map(\.outRefundNo.text) == ["R2"])
    let name = field == "out_refund_no" ? "50300000000000000000000000001" : "R1"
    #expect(page.list.unreadable == ["\(name) (\(field) cannot be used)"])
    #expect(page.count == 2)
    #expect(Set(page.list.identities).count == 2)
  }

  @Test func `a number of another shape hides no other, and is told in visible characters`() throws
  {
    var fields = good
    fields["refund_count"] = "2"
    for name in ["refund_id", "refund_fee", "refund_status"] {
      fields["\(name)_1"] = fields["\(name)_0"]
    }
    fields["out_refund_no_1"] = "TK2026.11.25\u{202E}款"
    let page = try RefundPage(fields, of: order)
    #expect(page.list.records.count == 1)
    #expect(page.list.unreadable == ["TK2026.11.25??"])
    #expect(page.count == 2)
    fields["out_refund_no_1"] = String(repeating: ".", count: 100)
    #expect(try RefundPage(fields, of: order).list.unreadable.map(\.count) == [64])
  }

  @Test(
    arguments: [
      ("SUCCESS", .success), ("PROCESSING", .processing), ("REFUNDCLOSE", .refundClose),
      ("CHANGE", .change), ("success", .other("success")), ("NEW", .other("NEW")),
    ] as [(String, RefundStatus)])
  func `a status is known by its word and by no other`(word: String, status: RefundStatus) {
    #expect(RefundStatus(word: word) == status)
    #expect(status.word == word)
  }

  @Test func `a page of ten, and none, are read`() throws {
    var fields: Fields = [
      "out_trade_no": "T20260101-000001", "refund_count": "10", "total_refund_count": "23",
    ]
    for index in 0..<10 {
      fields["out_refund_no_\(index)"] = "R\(index)"
      fields["refund_id_\(index)"] = "5030\(index)"
      fields["refund_fee_\(index)"] = "\(index + 1)"
      fields["refund_status_\(index)"] = "PROCESSING"
    }
    let page = try RefundPage(fields, of: order)
    #expect(page.total == 23)
    #expect(page.list.records.map(\.amount.amount) == Array(1...10))
    #expect(page.list.records.map(\.outRefundNo.text) == (0..<10).map { "R\($0)" })
    fields["refund_count"] = "0"
    #expect(try RefundPage(fields, of: order).list.records == [])
  }
}
