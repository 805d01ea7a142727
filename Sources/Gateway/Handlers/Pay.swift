import Checkout
import Payments
import Server
import Store
import WeChatPay

/// `POST pay`: gives the mini-program what `wx.requestPayment` needs.
struct Pay {
  private let request: BuyerRequest

  init(_ request: BuyerRequest) { self.request = request }

  func open() throws -> Response {
    let (order, total) = try Self.read(try request.context.json())
    let payment = try OpenPayment(
      request.conversation, payer: request.payer,
      payerAddress: request.context.request.remoteAddress
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
