import Payments
import Testing

@testable import WeChatPay

@Suite struct ApplyRefundTests {
  @Test func `what is recorded is what is sent, now and later`() throws {
    let refund = try Sample.refund(description: "A&B<C>]]>", account: .availableBalance)
    let again = try ApplyRefund(stored: refund.stored)
    #expect(again == refund)
    #expect(again.stored == refund.stored)
    #expect(again.fields.names == refund.fields.names)
    #expect(
      refund.fields == [
        "appid": "wx0123456789abcdef", "mch_id": "1900000109", "sign_type": "MD5",
        "transaction_id": "4200001952202606044309990415", "out_trade_no": "T20260101-000001",
        "out_refund_no": "R20260101-1@1", "total_fee": "29", "refund_fee": "10",
        "refund_fee_type": "CNY", "refund_desc": "A&B<C>]]>",
        "refund_account": "REFUND_SOURCE_RECHARGE_FUNDS",
        "notify_url": "https://shop.example/wxpay/receive-refund-notify",
      ])
  }

  @Test func `what was not said is not sent`() throws {
    let refund = try Sample.refund(
      description: nil, merchant: Sample.merchant(refundNotifyURL: nil))
    for name in ["refund_desc", "refund_account", "notify_url"] {
      #expect(refund.fields[name] == nil)
    }
    #expect(try ApplyRefund(stored: refund.stored) == refund)
  }

  @Test func `a record holds no key, no secret, no nonce and no signature`() throws {
    let stored = try Sample.refund().stored
    for word in ["Zq3vN8sK", "canary", "nonce", "<sign>", "key"] {
      #expect(!stored.contains(word))
    }
  }

  @Test func `a damaged record is refused`() throws {
    let stored = try Sample.refund().stored
    for damaged in [
      "", "{}", String(stored.dropLast()), stored + stored,
      stored.replacing("<refund_fee><![CDATA[10]]></refund_fee>", with: ""),
      stored.replacing("[10]", with: "[0]"), stored.replacing("[10]", with: "[1 0]"),
      stored.replacing("[10]", with: "[30]"), stored.replacing("[MD5]", with: "[MD4]"),
      stored.replacing("out_refund_no>", with: "outRefundNo>"),
      stored.replacing("transaction_id>", with: "transactionID>"),
    ] {
      #expect(throws: ApplyRefundRefusal.stored) { try ApplyRefund(stored: damaged) }
    }
  }

  @Test func `nothing, and more than was paid, is not paid back`() throws {
    for (total, amount) in [(29, 0), (29, 30), (0, 0), (0, 1)] as [(Int64, Int64)] {
      #expect(throws: ApplyRefundRefusal.amount) {
        try Sample.refund(total: total, amount: amount)
      }
    }
    #expect(try Sample.refund(total: 29, amount: 29).amount.amount == 29)
  }

  @Test(arguments: ["", "https://shop.example/ a", "https://商店.example/"])
  func `an address for notifications that cannot be sent is refused`(url: String) {
    #expect(throws: ApplyRefundRefusal.notifyURL) {
      try Sample.refund(merchant: Sample.merchant(refundNotifyURL: url))
    }
  }

  /// What a person typed, and what of it the buyer sees.
  static let reasons: [(String, String?)] = [
    ("少了一件", "少了一件"), ("", nil), ("😀", nil), ("好😀的\n!", "好的!"), ("\u{0}\t", nil),
    (String(repeating: "a", count: 81), String(repeating: "a", count: 80)),
    // Three bytes each: 26 of them are 78 bytes, and half a character is none.
    (String(repeating: "退", count: 100), String(repeating: "退", count: 26)),
    // An accent is not parted from its letter.
    (String(repeating: "a", count: 78) + "e\u{301}", String(repeating: "a", count: 78)),
  ]

  @Test(arguments: reasons)
  func `a reason is cut, but no refund fails for it`(typed: String, sent: String?) throws {
    let description = try Sample.refund(description: typed).fields["refund_desc"]
    #expect(description.map { Array($0.utf8) } == sent.map { Array($0.utf8) })
  }
}
