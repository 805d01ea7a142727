import Server

/// A buyer about to pay: which prepay session, with which coupons, and what the client was given.
struct PaymentWish: Sendable {
  private let prepayID: String
  private let openID: String?
  private let coupons: [Coupon]
  private let requestPayment: RequestPaymentValues?
  /// The cashier was open before the order was closed: WeChat then still takes the money.
  private let isLate: Bool

  init(_ request: ControlRequest) throws(ControlRefusal) {
    requestPayment = try request.body["request_payment"].map(RequestPaymentValues.init)
    guard let prepayID = request.body["prepay_id"]?.string ?? requestPayment?.prepayID else {
      throw .missing("prepay_id")
    }
    self.prepayID = prepayID
    openID = request.body["openid"]?.string
    isLate = request.body["late"]?.bool ?? false
    coupons = try Self.coupons(request)
  }

  /// `coupon_fee` stands for one coupon, `coupons` (`[{"fee","type"?,"id"?}]`) for any number.
  private static func coupons(_ request: ControlRequest) throws(ControlRefusal) -> [Coupon] {
    let fee = try request.integer("coupon_fee", 0)
    var coupons = fee > 0 ? [Coupon(id: Numbers.couponID(), fee: fee, type: "CASH")] : []
    for json in request.body["coupons"]?.array ?? [] {
      guard let fee = json["fee"]?.integer, (1...1_000_000_000).contains(fee) else {
        throw .missing("coupons")
      }
      coupons.append(
        Coupon(
          id: json["id"]?.string ?? Numbers.couponID(), fee: fee, type: json["type"]?.string))
    }
    return coupons
  }

  /// - Parameter isAnnounced: asked only when the payment takes place.
  /// - Returns: the order as paid.
  func decide(
    _ settings: Settings, _ ledger: Ledger, _ now: Int64,
    isAnnounced: (_ outTradeNo: String) -> Bool
  ) -> (outcome: Result<Order, ControlRefusal>, events: [LedgerEvent]) {
    let order: Order
    do throws(ControlRefusal) {
      order = try payableOrder(settings, ledger, now)
    } catch {
      return (.failure(error), [])
    }
    let payment = Payment(
      transactionID: Numbers.transactionID(at: now), openID: order.openID, paidAt: now,
      coupons: coupons, isAnnounced: isAnnounced(order.outTradeNo))
    var paid = order
    paid.payment = payment
    return (.success(paid), [.paid(order.outTradeNo, payment)])
  }

  private func payableOrder(
    _ settings: Settings, _ ledger: Ledger, _ now: Int64
  ) throws(ControlRefusal) -> Order {
    guard let order = ledger.order(prepayID: prepayID),
      let prepay = order.prepays.first(where: { $0.id == prepayID })
    else { throw .orderUnknown }
    try requestPayment?.check(prepayID: prepayID, order: order, settings)
    let state = order.state(at: now)
    guard !state.isPaid else {
      throw ControlRefusal(409, "ORDERPAID", "该订单已支付")
    }
    guard isLate || !state.isDead else {
      throw ControlRefusal(409, "ORDERCLOSED", "订单已关闭")
    }
    guard isLate || now < prepay.expiresAt else {
      throw ControlRefusal(409, "PREPAY_EXPIRED", "The prepay session is over: order again.")
    }
    guard openID == nil || openID == order.openID else {
      throw ControlRefusal(409, "OPENID_MISMATCH", "The order was made for another openid.")
    }
    guard coupons.reduce(0, { $0 + $1.fee }) <= order.totalFee else {
      throw ControlRefusal(409, "COUPONS_TOO_LARGE", "The coupons exceed the order's amount.")
    }
    return order
  }
}
