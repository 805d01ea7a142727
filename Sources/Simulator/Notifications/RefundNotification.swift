import FoundationEssentials
import OpenSSL

/// The message that tells a merchant how a refund ended (退款结果通知): unsigned outside, encrypted
/// inside.
struct RefundNotification: Sendable {
  let refund: Refund
  private var outer: Message
  private(set) var inner: Message
  private var key: String

  /// - Parameter status: the state to tell.
  init(_ refund: Refund, _ payment: Payment, _ settings: Settings, telling status: RefundStatus) {
    let shares = RefundShares(refund, payment)
    let successTime = status == .success ? refund.finishedAt ?? refund.acceptedAt : nil
    self.refund = refund
    key = settings.apiKey
    outer = Message([
      Field("return_code", "SUCCESS"), Field("appid", settings.appID),
      Field("mch_id", settings.mchID), Field("nonce_str", Numbers.nonce()),
    ])
    inner = Message([
      Field("out_refund_no", refund.outRefundNo), Field("out_trade_no", refund.outTradeNo),
      Field("refund_account", refund.account.rawValue), Field("refund_fee", String(refund.fee)),
      Field("refund_id", refund.refundID), Field("refund_recv_accout", Refund.receivingAccount),
      Field("refund_request_source", refund.source.rawValue),
      Field("refund_status", status.rawValue),
      Field("settlement_refund_fee", String(shares.settlementFee)),
      Field("settlement_total_fee", String(payment.settlementFee(ofTotal: refund.totalFee))),
      Field("success_time", successTime.map(BeijingTime.text) ?? ""),
      Field("total_fee", String(refund.totalFee)), Field("transaction_id", refund.transactionID),
    ])
  }

  /// What there is to tell about a refund; nil when there is no such refund.
  init?(_ outRefundNo: String, _ ledger: Ledger, _ settings: Settings) {
    guard let refund = ledger.refunds.byNumber[outRefundNo],
      let payment = ledger.orders[refund.outTradeNo]?.payment
    else { return nil }
    self.init(refund, payment, settings, telling: refund.status)
  }

  /// Changes what is said, where it is said.
  mutating func falsify(_ kind: Fault.Kind) {
    switch kind {
    case .wrongAppID, .wrongMchID, .oversized: Corruption.falsify(&outer, kind)
    default: Corruption.falsify(&inner, kind)
    }
  }

  mutating func setInner(_ name: String, _ value: String) { inner[name] = value }
  mutating func setOuter(_ name: String, _ value: String) { outer[name] = value }

  /// Encrypts for somebody else.
  mutating func useWrongKey() { key = String(key.reversed()) + "0" }

  /// The bytes to post.
  ///
  /// - Parameters:
  ///   - kind: what breaks the outer document.
  ///   - isInnerBroken: whether a document type stands before the encrypted one.
  func document(_ kind: Fault.Kind?, isInnerBroken: Bool = false) -> [UInt8] {
    let plain = inner.document(root: "root")
    let broken = "<!DOCTYPE root [<!ENTITY file SYSTEM \"file:///etc/hostname\">]>\n" + plain
    var message = outer
    message["req_info"] = Self.seal(isInnerBroken ? broken : plain, key: key)
    return Corruption.document(of: message, kind)
  }

  /// Base64 of AES-256 in ECB mode; its key is the API key's MD5 as 32 lower-case hex characters.
  ///
  /// Source: WeChat Pay APIv2, 退款结果通知, 解密方式.
  static func seal(_ text: String, key: String) -> String {
    let cipherKey = Array(hexadecimal(md5(Array(key.utf8))).utf8)
    let sealed = encryptAES256ECB(key: cipherKey, plaintext: Array(text.utf8))
    return Data(sealed).base64EncodedString()
  }
}
