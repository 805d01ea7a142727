import Payments
import Testing
import WeChatPay

@Suite struct BillTests {
  static let tables = Vectors.file.bills.filter { $0.expect.failure != true }

  @Test(arguments: tables)
  func `published bills are read`(vector: Vectors.BillText) throws {
    #expect(vector.text.hasPrefix("\u{FEFF}") == (vector.startsWithBom ?? false))
    let bill = try Bill(Array(vector.text.utf8))
    let expected = vector.expect
    #expect(bill.columns.count == expected.columns)
    #expect(bill.rows.count == expected.detailRows)
    #expect(["交易时间", "记账时间"].contains(bill.columns[0]))
    let row = try #require(bill.rows.first)
    if let values = expected.firstRow ?? expected.row { #expect(row.values == values) }
    if let values = expected.summary { #expect(bill.summary.values == values) }
    if let fen = expected.orderAmountFen {
      #expect(try Fen(yuan: #require(row["订单金额"]))?.amount == Int64(fen))
    }
    if let fen = expected.refundFen {
      #expect(try Fen(yuan: #require(row["申请退款金额"]))?.amount == Int64(fen))
    }
    #expect(row["no such column"] == nil)
  }

  @Test func `T05, a failure is told as such`() throws {
    let vector = try #require(Vectors.file.bills.first { $0.id == "T05" })
    for text in [vector.text, "\u{FEFF} \r\n" + vector.text] {
      #expect(throws: BillRefusal.failure(message: "invalid reason", code: "20001")) {
        try Bill(Array(text.utf8))
      }
    }
  }

  @Test(arguments: ["No Bill Exist", "NO Bill Exist"])
  func `a day without trade is a failure of its own`(message: String) {
    let answer = "<xml><return_code>FAIL</return_code><return_msg>\(message)</return_msg></xml>"
    do {
      _ = try Bill(Array(answer.utf8))
      Issue.record("A failure was read as a bill.")
    } catch {
      #expect(error.isEmptyDay)
    }
  }

  @Test func `a name may hold commas and backticks`() throws {
    let bill = try Bill(Array("商品名称,金额\r\n`a,b`c`,`0.01\r\n总\r\n`1\r\n".utf8))
    #expect(bill.rows.first?.values == ["a,b`c`", "0.01"])
  }

  @Test func `a bill without trade has no rows`() throws {
    let bill = try Bill(Array("商品名称,金额\r\n总,额\r\n`0,`0.00\r\n".utf8))
    #expect(bill.rows.isEmpty)
    #expect(bill.summary["额"] == "0.00")
  }

  @Test(arguments: [
    "", "x", "a,b\r\n", "a,b\r\n`1,`2\r\n", "a,b\r\n`1\r\nc\r\n`1\r\n",
    "a,b\r\n`1,`2,`3\r\nc\r\n`1\r\n",
    "a,b\r\n`1,`2\r\nc\r\n`1\r\n`2\r\n", "a,b\r\n`1,`2\r\nc\r\n1\r\n", "`1,`2\r\nc\r\n`1\r\n",
    "<xml><return_code>FAIL", "<html></html>", "a\nb\n`1`2,`3\n",
  ])
  func `a torn bill is refused`(text: String) {
    #expect(throws: BillRefusal.layout) { try Bill(Array(text.utf8)) }
  }

  @Test func `what is compressed or not UTF-8 is refused`() {
    #expect(throws: BillRefusal.compressed) { try Bill([0x1F, 0x8B, 8, 0]) }
    #expect(throws: BillRefusal.notUTF8) { try Bill([0xCA, 0xC7]) }
  }
}
