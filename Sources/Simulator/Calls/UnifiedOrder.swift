import Server

/// `POST /pay/unifiedorder` (统一下单).
enum UnifiedOrder {
  static let rules: [FieldRule] =
    FieldRule.common + [
      .optional("device_info", 32),
      .required("body", 127),
      .optional("detail", 6000, accepts: isJSON),
      .optional("attach", 127),
      .required("out_trade_no", 32, accepts: FieldRule.isOutTradeNo),
      .optional("fee_type", 16) { $0 == "CNY" },
      .required("total_fee", 20, accepts: FieldRule.isAmount),
      .required("spbill_create_ip", 64),
      .optional("time_start", 14) { BeijingTime.microseconds($0) != nil },
      .optional("time_expire", 14) { BeijingTime.microseconds($0) != nil },
      .optional("goods_tag", 32),
      .required("notify_url", 256, accepts: FieldRule.isNotifyURL),
      .required("trade_type", 16) { ["JSAPI", "NATIVE", "APP", "MWEB"].contains($0) },
      .optional("product_id", 32),
      .optional("limit_pay", 32) { $0 == "no_credit" },
      .optional("openid", 128),
      .optional("receipt", 8) { $0 == "Y" },
      .optional("profit_sharing", 16) { $0 == "Y" || $0 == "N" },
      .optional("scene_info", 256, accepts: isJSON),
    ]

  private static let minimumLife: Int64 = 60 * 1_000_000
  private static let defaultLife: Int64 = 7 * 86_400 * 1_000_000

  /// Decides about a request whose signature and fields are right.
  static func decide(
    _ request: VerifiedRequest, _ settings: Settings, _ ledger: Ledger, _ now: Int64
  ) -> PaymentCall.Decision {
    let message = request.message
    guard let outTradeNo = message["out_trade_no"] else {
      return .refuse(.malformed("out_trade_no"))
    }
    guard message["spbill_create_ip"].map(InternetAddress.isPayer) == true else {
      return .fail(.invalidPayerAddress)
    }
    guard message["trade_type"] == "JSAPI" else { return .refuse(.productNotEnabled) }
    guard let openID = message["openid"] else { return .fail(.openIDMissing) }
    guard ledger.openIDs.contains(openID) else { return .refuse(.parameter("无效的openid")) }

    let sent = LedgerEvent.orderSent(outTradeNo, signType: request.signType)
    let parameters = businessParameters(of: message)
    if let order = ledger.orders[outTradeNo] {
      return decideAgain(order, parameters, sent, settings, now)
    }
    let expiresAt =
      message["time_expire"].flatMap { BeijingTime.microseconds($0) } ?? now + defaultLife
    guard expiresAt >= now + minimumLife else {
      return .refuse(.parameter("time_expire时间过短，刷卡至少1分钟，其他5分钟"))
    }
    let prepay = newPrepay(settings, now)
    return .accept(
      answer(prepay),
      [
        .orderCreated(
          outTradeNo, parameters: parameters, signType: request.signType, expiresAt: expiresAt),
        sent, .prepayMade(outTradeNo, prepay),
      ])
  }

  /// A number that was submitted before (重入).
  private static func decideAgain(
    _ order: Order, _ parameters: [Field], _ sent: LedgerEvent, _ settings: Settings, _ now: Int64
  ) -> PaymentCall.Decision {
    // Only an accepted repeat changes the algorithm that the client has to sign with.
    let noted = LedgerEvent.orderSent(order.outTradeNo, signType: order.signType)
    let state = order.state(at: now)
    guard !state.isPaid else { return .refuse(.orderPaid, [noted]) }
    guard !state.isDead else { return .refuse(.orderClosed, [noted]) }
    guard order.parameters == parameters else { return .refuse(.numberUsed, [noted]) }
    if let prepay = order.prepays.last, now < prepay.expiresAt {
      return .accept(answer(prepay), [sent])
    }
    let prepay = newPrepay(settings, now)
    return .accept(answer(prepay), [sent, .prepayMade(order.outTradeNo, prepay)])
  }

  /// Everything but what belongs to the single transmission.
  private static func businessParameters(of message: Message) -> [Field] {
    message.sortedFields.filter { !["sign", "nonce_str", "sign_type"].contains($0.name) }
  }

  private static func newPrepay(_ settings: Settings, _ now: Int64) -> Prepay {
    Prepay(id: Numbers.prepayID(at: now), expiresAt: now + settings.prepayLife)
  }

  private static func answer(_ prepay: Prepay) -> [Field] {
    [Field("prepay_id", prepay.id), Field("trade_type", "JSAPI")]
  }

  private static func isJSON(_ value: String) -> Bool {
    (try? JSON(parsing: Array(value.utf8))) != nil
  }
}
