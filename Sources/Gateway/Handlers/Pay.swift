import Checkout
import Payments
import Server
import Store
import WeChatPay

/// `POST pay`: gives the mini-program what `wx.requestPayment` needs.
enum Pay {
  static func handle(_ context: Context) throws -> Response {
    let (session, merchant) = try context.buyer()
    let (order, total) = try read(try context.json())
    let payment = try OpenPayment(
      context.conversation(merchant), payer: session.openID,
      payerAddress: context.request.remoteAddress
    ).open(order, expecting: total)
    return Answer.json(payment.json)
  }

  /// Reads `{"out_trade_no","total_fee"?}`; the amount is only compared.
  private static func read(_ body: JSON) throws(Refusal) -> (OutTradeNo, total: Int64?) {
    guard let order = body["out_trade_no"]?.string.flatMap(OutTradeNo.init) else {
      throw Refusal(
        .malformedRequest, "out_trade_no: expected 6 to 32 characters of 0-9 A-Z a-z _ - | *.")
    }
    guard let sent = body["total_fee"] else { return (order, nil) }
    guard let total = sent.integer else {
      throw Refusal(.malformedRequest, "total_fee: expected a whole number of fen.")
    }
    return (order, total)
  }
}

extension RequestPayment {
  fileprivate var json: JSON {
    [
      "appId": JSON(appId), "timeStamp": JSON(timeStamp), "nonceStr": JSON(nonceStr),
      "package": JSON(package), "signType": JSON(signType), "paySign": JSON(paySign),
    ]
  }
}
