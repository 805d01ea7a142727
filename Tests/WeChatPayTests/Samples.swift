import Payments

@testable import WeChatPay

/// Values that tests share. The key is drawn at random and used nowhere else.
enum Sample {
  static let key = try! APIKey("Zq3vN8sKx1LwTb6RdYh2Gm9JcPf5Ua7E")

  static func merchant(
    key: APIKey = key, signType: SignType = .md5, appID: String = "wx0123456789abcdef",
    merchantID: String = "1900000109",
    refundNotifyURL: String? = "https://shop.example/wxpay/receive-refund-notify"
  ) -> Merchant {
    Merchant(
      name: MerchantName("main")!, appID: AppID(appID)!, appSecret: Secret("app-secret-canary"),
      merchantID: MerchantID(merchantID)!, apiKey: key, signType: signType,
      notifyURL: "https://shop.example/wxpay/receive-notify", refundNotifyURL: refundNotifyURL)
  }

  static let number = OutTradeNo("T20260101-000001")!
  static let openID = OpenID("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")!
  static let now = BeijingTime(rfc3339: "2026-11-21T09:03:11.020+08:00")!

  /// The fields of a genuine notification, unsigned.
  static let notification: Fields = [
    "appid": "wx0123456789abcdef", "attach": "店铺A|桌号7", "bank_type": "OTHERS",
    "cash_fee": "26842", "coupon_count": "1", "coupon_fee": "58", "coupon_fee_0": "58",
    "coupon_id_0": "2000000000276621044", "fee_type": "CNY", "is_subscribe": "N",
    "mch_id": "1900000109", "nonce_str": "CrB7044SHiP3DXgV",
    "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "out_trade_no": "T20260101-000001",
    "result_code": "SUCCESS", "return_code": "SUCCESS", "time_end": "20260604224238",
    "total_fee": "26900", "trade_type": "JSAPI",
    "transaction_id": "4200001952202606044309990415",
  ]

  static func signed(_ fields: Fields, key: APIKey = key, _ type: SignType = .md5) -> Fields {
    var fields = fields
    fields["sign"] = Signature.make(fields, key: key, type: type)
    return fields
  }

  static func order(
    total: Int64 = 29, body: String = "天天-零食", attach: String? = nil, detail: String? = nil,
    expiresAt: BeijingTime? = nil
  ) -> Order {
    Order(
      merchant: MerchantName("main")!, number: number, openID: openID, total: Fen(total)!,
      body: body, attach: attach, detail: detail, expiresAt: expiresAt)
  }

  static func unifiedOrder(
    _ order: Order = order(), merchant: Merchant = merchant()
  ) throws -> UnifiedOrder {
    try UnifiedOrder(
      order: order, outTradeNo: number, openID: openID, merchant: merchant,
      payerAddress: "203.0.113.9", now: now)
  }

  static let transactionID = TransactionID("4200001952202606044309990415")!
  static let refundNumber = OutRefundNo("R20260101-1@1")!

  static func refund(
    total: Int64 = 29, amount: Int64 = 10, description: String? = "少了一件",
    account: RefundAccount? = nil, merchant: Merchant = merchant()
  ) throws -> ApplyRefund {
    try ApplyRefund(
      transactionID: transactionID, outTradeNo: number, outRefundNo: refundNumber,
      total: Fen(total)!, amount: Fen(amount)!, description: description, account: account,
      merchant: merchant)
  }
}
