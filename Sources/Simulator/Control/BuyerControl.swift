import Server

/// What the buyer does with the phone.
extension Control {
  /// `wx.login`: makes a code for an openid, a new one when none is given.
  func login(_ request: ControlRequest) throws -> JSON {
    let openID = request.body["openid"]?.string ?? Numbers.openID()
    guard FieldRule.isOpenID(openID) else {
      throw ControlRefusal(400, "MALFORMED", "An openid is 1 to 128 of 0-9 A-Z a-z _ -.")
    }
    let code = Numbers.loginCode()
    try book.change { _, _ in ((), [.codeMade(code, openID: openID)]) }
    return ["code": .string(code), "openid": .string(openID)]
  }

  /// The buyer pays, as `wx.requestPayment` does when its values are given.
  func pay(_ request: ControlRequest) throws -> JSON {
    let wish = try PaymentWish(request)
    let paid = try book.change { ledger, now in
      wish.decide(settings, ledger, now) { outTradeNo in
        faults.next(at: .notify, FaultSubject(outTradeNo: outTradeNo)) { $0 == .lose } == nil
      }
    }
    let order = try paid.get()
    return ["transaction_id": JSON(order.payment?.transactionID)]
  }

  /// The buyer closes the cashier: nothing changes, WeChat tells nobody.
  func cancel(_ request: ControlRequest) throws -> JSON {
    let prepayID = try request.text("prepay_id")
    guard book.read({ ledger, _ in ledger.order(prepayID: prepayID) }) != nil else {
      throw ControlRefusal.orderUnknown
    }
    return ["errMsg": "requestPayment:fail cancel"]
  }
}

extension FieldRule {
  static func isOpenID(_ value: String) -> Bool {
    (1...128).contains(value.utf8.count)
      && value.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
