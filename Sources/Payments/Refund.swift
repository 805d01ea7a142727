import Text

/// One refund (退款): one `out_refund_no`, one amount, one set of parameters.
public struct Refund: Sendable, Equatable {
  /// Whose order it gives back.
  public let merchant: MerchantName
  /// The merchant's refund number (商户退款单号): one number is one refund, however often it is sent.
  public let number: OutRefundNo
  /// The shop's order number, `Order.number`.
  public let order: OutTradeNo
  /// The payment attempt that was paid (商户订单号).
  public let outTradeNo: OutTradeNo
  /// WeChat's number of that payment (微信支付订单号).
  public let transactionID: TransactionID
  /// Who paid, and gets the money back (用户标识).
  public let payer: OpenID?
  /// What was paid (订单总金额).
  public let total: Fen
  /// What was applied for.
  public let appliedAmount: Fen
  /// What is reserved, and returned in the end (退款金额); less than was applied for if the merchant
  /// approved less.
  public let amount: Fen
  /// Why the money goes back, as far as it matters for the way of the refund.
  public let kind: RefundKind
  /// Where it stands, as last recorded.
  public let state: RefundState
  /// Why it is wanted, in the words of whoever applied.
  public let reason: String
  /// Why the merchant decided so; the buyer reads it.
  public let reviewReason: String?
  /// What it waits for, while it is under way and cannot go on by itself.
  public let wait: RefundWait?
  /// What WeChat said last that a person should read; `nil` when nothing is the matter.
  public let remark: String?
  /// The business parameters of the refund as recorded before the first send; every send is made
  /// of exactly these. `nil` until the amount is decided.
  public let parameters: String?
  /// How often it was sent, counted before each send.
  public let sends: Int
  /// Whether a send may be on its way whose answer is not known: WeChat is asked before another.
  public let isUnanswered: Bool
  /// How often in a row WeChat has refused it for a reason that is not known here.
  public let refusals: Int
  /// WeChat's number (微信退款单号); `nil` until it was accepted.
  public let refundID: RefundID?
  /// When it was applied for.
  public let appliedAt: BeijingTime
  /// When WeChat gave the money back (退款成功时间); `nil` before.
  public let succeededAt: BeijingTime?
  /// Rises with each change: whoever changes it must have seen the latest.
  public let version: Int64

  public init(
    merchant: MerchantName, number: OutRefundNo, order: OutTradeNo, outTradeNo: OutTradeNo,
    transactionID: TransactionID, payer: OpenID?, total: Fen, appliedAmount: Fen, amount: Fen,
    kind: RefundKind,
    state: RefundState, reason: String, reviewReason: String?, wait: RefundWait?, remark: String?,
    parameters: String?, sends: Int, isUnanswered: Bool, refusals: Int = 0, refundID: RefundID?,
    appliedAt: BeijingTime, succeededAt: BeijingTime?, version: Int64
  ) {
    self.merchant = merchant
    self.number = number
    self.order = order
    self.outTradeNo = outTradeNo
    self.transactionID = transactionID
    self.payer = payer
    self.total = total
    self.appliedAmount = appliedAmount
    self.amount = amount
    self.kind = kind
    self.state = state
    self.reason = reason
    self.reviewReason = reviewReason
    self.wait = wait
    self.remark = remark
    self.parameters = parameters
    self.sends = sends
    self.isUnanswered = isUnanswered
    self.refusals = refusals
    self.refundID = refundID
    self.appliedAt = appliedAt
    self.succeededAt = succeededAt
    self.version = version
  }

  /// How often WeChat may refuse it for a reason that is not known here before a person has to look.
  public static let maximumRefusals = 3

  /// Whether it is sent again only when a person wants it so.
  public var isLeftToPerson: Bool { refusals >= Self.maximumRefusals }

  /// Whether the merchant has let the buyer wait for a decision for more than a day.
  public func isOverdue(at now: BeijingTime) -> Bool {
    state == .applied && appliedAt.adding(seconds: 24 * 3600) < now
  }
}

/// The ways of a refund.
public enum RefundKind: String, CaseIterable, Sendable {
  /// Nothing was shipped (未发货退款): the money goes back once the merchant approves.
  case unshipped
  /// The goods come back first (退货退款).
  case returned
  /// Made by hand on WeChat's merchant platform (商户平台), and found there.
  case platform = "vendor_platform"

  /// What the merchant's consent means for a refund of this kind.
  public var consent: RefundEvent {
    switch self {
    case .unshipped, .platform: .approved
    case .returned: .agreed
    }
  }
}

/// What a refund waits for that is under way.
public enum RefundWait: String, CaseIterable, Sendable {
  /// Another refund of the order was sent less than a minute ago.
  case spacing
  /// WeChat gave no usable answer; it is asked again.
  case weChat = "wechat"
  /// The merchant's balance is too small (余额不足): top it up, the same refund is sent again.
  case funds
  /// WeChat wants fewer calls.
  case pace
  /// The certificate, the key or the contract is not in order: an operator has to look.
  case configuration
  /// The buyer's card is dead, or WeChat refuses it again and again for a reason that is not known
  /// here: a person has to decide.
  case person
}

/// Why a refund is wanted, or why it was decided so.
///
/// 1 to 80 Unicode code points, each visible (`String.isReadable`), thus at most 320 bytes: the
/// database counts so, and one visible character may consist of any number of them. The buyer's
/// words and the merchant's; both are read by the other side.
public struct Reason: Sendable, Equatable, CustomStringConvertible {
  public let text: String

  /// - Returns: `nil` when the text has not this shape, or shows nothing.
  public init?(_ text: String) {
    guard (1...80).contains(text.unicodeScalars.count), text.isReadable else { return nil }
    self.text = text
  }

  public static func == (left: Reason, right: Reason) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  public var description: String { text }
}
