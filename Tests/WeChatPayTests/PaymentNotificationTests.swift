import Payments
import Testing

@testable import WeChatPay

@Suite struct PaymentNotificationTests {
  private func verified(
    _ body: [UInt8], _ merchant: Merchant = Sample.merchant()
  ) throws -> PaymentNotification {
    try ReceivedNotification(body).verified(with: merchant)
  }

  private func verified(_ fields: Fields) throws -> PaymentNotification {
    try verified(FlatXML.write(fields))
  }

  @Test(arguments: Vectors.file.paymentNotifications)
  func `published notifications verify, or not, as published`(
    vector: Vectors.Notification
  ) throws {
    let merchant = Sample.merchant(
      key: APIKey(unchecked: vector.key), signType: vector.id == "N03" ? .hmacSHA256 : .md5)
    let body = Array(vector.xml.utf8)
    guard vector.signValid else {
      let refusal: NotificationRefusal =
        vector.id == "N06" ? .message(.duplicate("total_fee")) : .signature(.mismatch)
      #expect(throws: refusal) { try verified(body, merchant) }
      return
    }
    let received = try ReceivedNotification(body)
    #expect(received.merchantID.text == (vector.id == "N01" ? "10000100" : "1900000109"))
    let proof = try #require(try received.verified(with: merchant).proof)
    #expect(proof.total.amount == (vector.id == "N01" ? 1 : 26900))
    #expect(proof.currency == "CNY")
  }

  @Test func `a payment is read as WeChat reports it`() throws {
    let notification = try verified(Sample.signed(Sample.notification))
    #expect(
      notification.proof
        == PaymentProof(
          appID: AppID("wx0123456789abcdef")!, merchantID: MerchantID("1900000109")!,
          outTradeNo: Sample.number, transactionID: TransactionID("4200001952202606044309990415")!,
          openID: Sample.openID, total: Fen(26900)!, currency: "CNY",
          paidAt: BeijingTime(compact: "20260604224238")!))
  }

  @Test func `no mutant of a genuine notification verifies`() throws {
    let signed = Sample.signed(Sample.notification)
    _ = try verified(signed)
    var mutants: [Fields] = []
    func mutant(_ name: String, _ value: String?) {
      var fields = signed
      fields[name] = value
      mutants.append(fields)
    }
    for (name, value) in signed {
      mutant(name, nil)
      mutant(name, "")
      mutant(name, value + " ")
      mutant(name, " " + value)
      mutant(name, value + "\u{200B}")
      mutant(name, "0" + value)
      mutant(name, String(value.dropLast()))
      if value.lowercased() != value { mutant(name, value.lowercased()) }
      if value.uppercased() != value { mutant(name, value.uppercased()) }
      for (other, otherValue) in signed where other != name && otherValue != value {
        var fields = signed
        fields[name] = otherValue
        fields[other] = value
        mutants.append(fields)
      }
    }
    mutant("total_fe", "26900")
    mutant("brand_new_field", "1")
    for fields in mutants {
      #expect(throws: NotificationRefusal.self) { try verified(fields) }
    }
    #expect(mutants.count > 500)
  }

  @Test func `a field that stands twice is refused, before and behind the genuine one`() {
    let signed = Sample.signed(Sample.notification)
    let xml = String(decoding: FlatXML.write(signed), as: UTF8.self)
    for (name, value) in signed {
      for forged in [value, "1", ""] {
        for place in ["<xml>", "</xml>"] {
          let field = "<\(name)>\(forged)</\(name)>"
          let mutant = xml.replacing(
            place, with: place == "<xml>" ? place + field : field + place)
          #expect(throws: NotificationRefusal.message(.duplicate(name))) {
            try verified(Array(mutant.utf8))
          }
        }
      }
    }
  }

  @Test func `names in other letters and control characters are refused unverified`() {
    for name in ["Total_fee", "appId", "nonceStr", String(repeating: "n", count: 33)] {
      var fields = Sample.notification
      fields[name] = "1"
      #expect(throws: NotificationRefusal.name) { try verified(Sample.signed(fields)) }
    }
    for (name, character) in [
      ("attach", "\u{7F}"), ("bank_type", "\n"), ("nonce_str", "\t"), ("fee_type", "\r"),
    ] {
      var fields = Sample.notification
      fields[name] = "a\(character)b"
      #expect(throws: NotificationRefusal.controlCharacter(name)) {
        try verified(Sample.signed(fields))
      }
    }
  }

  @Test func `tabs and line ends in what nobody reads are no reason to refuse money`() throws {
    for character in ["\n", "\t", "\r", "\r\n"] {
      for name in ["attach", "coupon_id_0", "a_new_field"] {
        var fields = Sample.notification
        fields[name] = "a\(character)b"
        #expect(try verified(Sample.signed(fields)).proof?.total.amount == 26900)
      }
    }
  }

  @Test func `what was meant for another address is called so`() throws {
    let v3 = Array("{\"id\":\"EV-1\",\"event_type\":\"TRANSACTION.SUCCESS\"}".utf8)
    #expect(throws: NotificationRefusal.apiV3) { try ReceivedNotification(v3) }
    #expect(throws: NotificationRefusal.apiV3) { try RefundNotification(v3) }
    let refund: Fields = [
      "return_code": "SUCCESS", "appid": "wx0123456789abcdef", "mch_id": "1900000109",
      "nonce_str": "N1", "req_info": "AAAA",
    ]
    #expect(throws: NotificationRefusal.refundNotification) {
      try ReceivedNotification(FlatXML.write(refund))
    }
    #expect(throws: NotificationRefusal.paymentNotification) {
      try RefundNotification(FlatXML.write(Sample.signed(Sample.notification)))
    }
    for refusal in [NotificationRefusal.apiV3, .refundNotification, .paymentNotification] {
      #expect("\(refusal)".contains("address"))
    }
  }

  @Test func `only a genuine message is looked at for another reading`() throws {
    var fields = Sample.notification
    fields["attach"] = "x&total_fee=1"
    #expect(throws: NotificationRefusal.ambiguous) { try verified(Sample.signed(fields)) }
    // The look at every byte for every name is not for strangers.
    fields["sign"] = String(repeating: "0", count: 32)
    #expect(throws: NotificationRefusal.signature(.mismatch)) { try verified(fields) }
  }

  @Test func `a genuine message without a field that matters proves nothing`() throws {
    for name in [
      "return_code", "result_code", "nonce_str", "openid", "trade_type", "bank_type", "total_fee",
      "transaction_id",
      "out_trade_no", "time_end",
    ] {
      for value in [nil, ""] {
        var fields = Sample.notification
        fields[name] = value
        #expect(throws: NotificationRefusal.field(name)) { try verified(Sample.signed(fields)) }
      }
    }
    for (name, value) in [
      ("total_fee", "0"), ("total_fee", "26900.0"), ("total_fee", "-1"), ("total_fee", "1e3"),
      ("total_fee", "01"), ("time_end", "20260230000000"), ("time_end", "2026-06-04 22:42:38"),
      ("out_trade_no", "a b c d e"), ("transaction_id", "42&x=1"),
    ] {
      var fields = Sample.notification
      fields[name] = value
      #expect(throws: NotificationRefusal.self) { try verified(Sample.signed(fields)) }
    }
  }

  @Test func `a reported failure is genuine and proves no payment`() throws {
    var fields = Sample.notification
    fields["result_code"] = "FAIL"
    fields["err_code"] = "SYSTEMERROR"
    fields["transaction_id"] = nil
    let notification = try verified(Sample.signed(fields))
    #expect(notification.proof == nil)
    #expect(notification.fields["err_code"] == "SYSTEMERROR")
    // What says neither is not WeChat's whole message: acknowledged, it would never come again.
    for code in ["success", "", "SUCCESS "] {
      fields["result_code"] = code
      #expect(throws: NotificationRefusal.field("result_code")) {
        try verified(Sample.signed(fields))
      }
    }
  }

  @Test func `a genuine message for another appid is told, not dropped`() throws {
    var fields = Sample.notification
    fields["appid"] = "wxffffffffffffffff"
    let proof = try #require(try verified(Sample.signed(fields)).proof)
    #expect(proof.appID == AppID("wxffffffffffffffff"))
  }

  @Test func `another currency is told, a missing one means CNY`() throws {
    for (value, currency) in [("USD", "USD"), (nil, "CNY"), ("", "CNY")] {
      var fields = Sample.notification
      fields["fee_type"] = value
      #expect(try verified(Sample.signed(fields)).proof?.currency == currency)
    }
  }

  @Test func `what the client is given to pay with does not verify as a notification`() throws {
    let payment = RequestPayment(
      prepayID: PrepayID("wx201410272009395522657a690389285100")!, merchant: Sample.merchant(),
      now: Sample.now)
    let fields: Fields = [
      "appId": payment.appId, "timeStamp": payment.timeStamp, "nonceStr": payment.nonceStr,
      "package": payment.package, "signType": payment.signType, "sign": payment.paySign,
    ]
    #expect(throws: NotificationRefusal.name) { try verified(fields) }
    // With every other cut into names and values: no name may begin otherwise than `appId=`.
    var unsigned = fields
    unsigned["sign"] = nil
    for cut in cuts(Signature.canonical(unsigned)) {
      var forged = cut
      forged["sign"] = payment.paySign
      #expect(throws: NotificationRefusal.self) { try verified(forged) }
    }
  }

  /// The signed text does not say where a value ends: it is cut here in every way that gives the
  /// same text, and all messages that are accepted must agree about the payment.
  @Test(arguments: [
    "a&b=c", "x&bank_type=CFT", "x&total_fee=1", "&", "a=1&b=2 中 ", "x&fee_type=USD",
    "x&bank_type=A&mch_id=1900000109&nonce_str=1&openid=o&out_trade_no=123456&result_code=SUCCESS"
      + "&return_code=SUCCESS&time_end=20260101000000&total_fee=1&trade_type=J&transaction_id=1&z=",
  ])
  func `no text that stands in attach can be rearranged into another payment`(attach: String) throws
  {
    var genuine = Sample.notification
    for name in ["coupon_count", "coupon_fee", "coupon_fee_0", "coupon_id_0", "cash_fee"] {
      genuine[name] = nil
    }
    genuine["attach"] = attach
    let sign = Signature.make(genuine, key: Sample.key, type: .md5)
    let own = ["total_fee", "openid", "out_trade_no", "transaction_id"].map { genuine[$0] }
    var accepted = 0
    for cut in cuts(Signature.canonical(genuine)) {
      var forged = cut
      forged["sign"] = sign
      guard Signature.canonical(forged) == Signature.canonical(genuine),
        let proof = try? verified(forged).proof
      else { continue }
      accepted += 1
      #expect(
        own == [
          String(proof.total.amount), proof.openID.text, proof.outTradeNo.text,
          proof.transactionID.text,
        ])
      #expect(proof.currency == "CNY")
    }
    // The genuine message is among them unless its attach imitates a field.
    let imitates = ["x&bank_type=", "x&total_fee=", "x&fee_type="].contains { attach.hasPrefix($0) }
    #expect((accepted > 0) == !imitates)
  }

  /// Ways to cut a signed text into fields at `&`: each says which pieces stay joined to the piece
  /// before. All of them for a short text; for a long one, those in which one value swallows its
  /// neighbours, or two values one neighbour each.
  private func cuts(_ text: [UInt8]) -> [Fields] {
    let pieces = text.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    let places = Array(1..<pieces.count)
    var joints: [Set<Int>] = [[]]
    if places.count <= 10 {
      for place in places { joints += joints.map { $0.union([place]) } }
    } else {
      for first in places {
        for last in places where last >= first { joints += [Set(first...last), [first, last]] }
      }
    }
    return joints.compactMap { fields(of: pieces, joined: $0) }
  }

  private func fields(of pieces: [String], joined: Set<Int>) -> Fields? {
    var texts: [String] = []
    for (place, piece) in pieces.enumerated() {
      if joined.contains(place) {
        texts[texts.count - 1] += "&" + piece
      } else {
        texts.append(piece)
      }
    }
    var fields = Fields()
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, fields[String(parts[0])] == nil else { return nil }
      fields[String(parts[0])] = String(parts[1])
    }
    return fields
  }
}
