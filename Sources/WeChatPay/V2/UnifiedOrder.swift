import Curl
package import Payments

/// The business parameters of a unified order (统一下单) for a mini-program (`JSAPI`).
///
/// They never change once they were sent: WeChat answers a repetition with a prepay_id only when
/// every one is the same, the notify_url and the times included. So they are recorded as `stored`
/// before the first call, and every later call is made from that text.
package struct UnifiedOrder: Sendable, Equatable {
  /// The attempt's number (商户订单号).
  package let outTradeNo: OutTradeNo
  /// The payer (用户标识).
  package let openID: OpenID
  /// The order total (订单总金额).
  package let total: Fen
  /// The algorithm in which the order is placed, and in which the client's call is signed.
  package let signType: SignType
  /// When the attempt was opened (交易起始时间).
  package let startsAt: BeijingTime
  /// The last moment to pay (交易结束时间); `nil`: WeChat's own limit.
  package let expiresAt: BeijingTime?
  let appID: AppID
  let merchantID: MerchantID
  let fields: Fields

  /// Makes the parameters of a new payment attempt.
  ///
  /// - Parameters:
  ///   - outTradeNo: the attempt's number, of which the order's is the beginning.
  ///   - openID: the payer, as the login told.
  ///   - payerAddress: IPv4 or IPv6 address (终端IP), as nginx saw it. WeChat does not take one that
  ///     is IPv4 in the spelling of IPv6; it is told the four numbers.
  ///   - now: `time_start`.
  /// - Throws: `UnifiedOrderRefusal` when a parameter cannot be sent.
  package init(
    order: Order, outTradeNo: OutTradeNo, openID: OpenID, merchant: Merchant,
    payerAddress: String, now: BeijingTime
  ) throws(UnifiedOrderRefusal) {
    guard let address = InternetAddress(payerAddress) else { throw .payerAddress }
    guard order.total > .zero else { throw .total }
    // Nobody is kept from paying by the name of the goods.
    let body = Description(fitting: order.body)?.text ?? order.number.text
    let attach = order.attach.flatMap(Description.init(fitting:))
    guard attach.map({ PaymentNotification.canReturn(attach: $0.text) }) ?? true else {
      throw .attach
    }
    guard (1...256).contains(merchant.notifyURL.utf8.count),
      merchant.notifyURL.utf8.allSatisfy(\.isGraphic)
    else { throw .notifyURL }
    let optional = [
      ("detail", order.detail.flatMap(Self.sendable)), ("attach", attach?.text),
      ("time_expire", order.expiresAt?.compact),
    ]
    let fields = Fields(
      [
        ("appid", merchant.appID.text), ("mch_id", merchant.merchantID.text),
        ("sign_type", merchant.signType.rawValue), ("trade_type", "JSAPI"),
        ("out_trade_no", outTradeNo.text), ("openid", openID.text),
        ("total_fee", String(order.total.amount)), ("fee_type", "CNY"), ("body", body),
        ("spbill_create_ip", address.mappedIPv4 ?? payerAddress), ("time_start", now.compact),
        ("notify_url", merchant.notifyURL),
      ] + optional.compactMap { name, value in value.map { (name, $0) } })
    do {
      try self.init(fields)
    } catch {
      throw .stored
    }
  }

  /// Whether a merchant's own appid and mch_id stand in it: after a change of the configuration an
  /// order that was placed before is another merchant's to WeChat.
  package func isPlaced(by merchant: Merchant) -> Bool {
    appID == merchant.appID && merchantID == merchant.merchantID
  }

  /// Why WeChat is not spoken to about it on behalf of a merchant; `nil` when it is.
  package func obstacle(to call: WeChatCall, by merchant: Merchant) -> WeChatPayError? {
    guard !isPlaced(by: merchant) else { return nil }
    return WeChatPayError(
      call, wasSent: false,
      "expected an order of appid \(merchant.appID) and mch_id \(merchant.merchantID), got one of"
        + " \(appID) and \(merchantID); the merchant's configuration was changed",
      handling: .configure)
  }

  /// Whether WeChat may judge this order otherwise than an older one that it never took: it says
  /// something else, or was made more than an hour later.
  package func mayFareBetter(than older: UnifiedOrder) -> Bool {
    if startsAt.seconds - older.startsAt.seconds > 3600 { return true }
    var (here, there) = (fields, older.fields)
    for name in ["out_trade_no", "time_start"] {
      here[name] = nil
      there[name] = nil
    }
    return here != there
  }

  /// The goods detail as WeChat takes it: without line ends, which are no part of JSON's strings, and
  /// without characters that APIv2 does not carry.
  ///
  /// - Returns: `nil` for what is no object, and for more than 6,000 bytes: half of it is none.
  private static func sendable(detail: String) -> String? {
    var text = ""
    text.unicodeScalars.append(contentsOf: detail.unicodeScalars.filter(\.isAllowedByWeChat))
    let visible = text.utf8.drop { $0 == UInt8(ascii: " ") }
    let isObject =
      visible.first == UInt8(ascii: "{")
      && text.utf8.last { $0 != UInt8(ascii: " ") } == UInt8(ascii: "}")
    return isObject && text.utf8.count <= 6000 ? text : nil
  }

  /// What the buyer reads in WeChat (商品描述), as it was sent.
  package var body: String? { fields["body"] }
  /// What notifications return (附加数据), as it was sent.
  package var attach: String? { fields["attach"] }

  /// The parameters as text to be recorded, without nonce, signature and key.
  package var stored: String { String(decoding: FlatXML.write(fields), as: UTF8.self) }

  /// Reads recorded parameters.
  ///
  /// - Throws: `UnifiedOrderRefusal.stored` when the text is not what `stored` writes.
  package init(stored: String) throws(UnifiedOrderRefusal) {
    do {
      try self.init(FlatXML.read(Array(stored.utf8)))
    } catch {
      throw .stored
    }
  }

  private init(_ fields: Fields) throws(FieldRefusal) {
    outTradeNo = try fields.value("out_trade_no", OutTradeNo.init)
    openID = try fields.value("openid", OpenID.init)
    total = try fields.value("total_fee") { Fen(digits: $0) }
    signType = try fields.value("sign_type", SignType.init)
    startsAt = try fields.value("time_start", BeijingTime.init(compact:))
    expiresAt =
      try fields["time_expire"] == nil
      ? nil : fields.value("time_expire", BeijingTime.init(compact:))
    appID = try fields.value("appid", AppID.init)
    merchantID = try fields.value("mch_id", MerchantID.init)
    self.fields = fields
  }
}

/// Why parameters cannot be sent to WeChat.
package enum UnifiedOrderRefusal: Error, Sendable, Equatable {
  /// No IPv4 or IPv6 address.
  case payerAddress
  /// Nothing to pay.
  case total
  /// No notification that returns it would be accepted: `PaymentNotification.canReturn(attach:)`.
  case attach
  /// Not 1 to 256 visible ASCII characters.
  case notifyURL
  /// The recorded text is damaged.
  case stored
}

extension UnifiedOrderRefusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .payerAddress: "the payer's address is neither IPv4 nor IPv6"
    case .total: "there is nothing to pay"
    case .attach: "no notification that returns attach would be accepted"
    case .notifyURL: "notify_url is not 1 to 256 visible ASCII characters"
    case .stored: "the recorded parameters of the attempt are damaged"
    }
  }
}
