import Text

/// One refund (退款): one `out_refund_no`, one amount, one set of parameters.
package struct Refund: Sendable, Equatable {
  /// Whose order it gives back.
  package let merchant: MerchantName
  /// The merchant's refund number (商户退款单号): one number is one refund, however often it is sent.
  package let number: OutRefundNo
  /// The shop's order number, `Order.number`.
  package let order: OutTradeNo
  /// The payment attempt that was paid (商户订单号).
  package let outTradeNo: OutTradeNo
  /// WeChat's number of that payment (微信支付订单号).
  package let transactionID: TransactionID
  /// Who paid, and gets the money back (用户标识).
  package let payer: OpenID?
  /// What was paid (订单总金额).
  package let total: Fen
  /// What was applied for.
  package let appliedAmount: Fen
  /// What is reserved, and returned in the end (退款金额); less than was applied for if the merchant
  /// approved less.
  package let amount: Fen
  /// Why the money goes back, as far as it matters for the way of the refund.
  package let kind: RefundKind
  /// Where it stands, as last recorded.
  package let state: RefundState
  /// Why it is wanted, in the words of whoever applied.
  package let reason: String
  /// Why the merchant decided so; the buyer reads it.
  package let reviewReason: String?
  /// What it waits for, while it is under way and cannot go on by itself.
  package let wait: RefundWait?
  /// What WeChat said last that a person should read; `nil` when nothing is the matter.
  package let remark: String?
  /// The business parameters of the refund as recorded before the first send; every send is made
  /// of exactly these. `nil` until the amount is decided.
  package let parameters: String?
  /// How often it was sent, counted before each send.
  package let sends: Int
  /// Whether a send may be on its way whose answer is not known: WeChat is asked before another.
  package let isUnanswered: Bool
  /// How often in a row WeChat has refused it for a reason that is not known here.
  package let refusals: Int
  /// WeChat's number (微信退款单号); `nil` until it was accepted.
  package let refundID: RefundID?
  /// When it was applied for.
  package let appliedAt: BeijingTime
  /// When WeChat gave the money back (退款成功时间); `nil` before.
  package let succeededAt: BeijingTime?
  /// Rises with each change: whoever changes it must have seen the latest.
  package let version: Int64

  package init(
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
  package static let maximumRefusals = 3

  /// Whether it is sent again only when a person wants it so.
  package var isLeftToPerson: Bool { refusals >= Self.maximumRefusals }

  /// Whether the merchant has let the buyer wait for a decision for more than a day.
  package func isOverdue(at now: BeijingTime) -> Bool {
    state == .applied && appliedAt.adding(seconds: 24 * 3600) < now
  }
}

/// The ways of a refund.
package enum RefundKind: String, CaseIterable, Sendable {
  /// Nothing was shipped (未发货退款): the money goes back once the merchant approves.
  case unshipped
  /// The goods come back first (退货退款).
  case returned
  /// Made by hand on WeChat's merchant platform (商户平台), and found there.
  case platform = "vendor_platform"

  /// What the merchant's consent means for a refund of this kind.
  package var consent: RefundEvent {
    switch self {
    case .unshipped, .platform: .approved
    case .returned: .agreed
    }
  }
}

/// What a refund waits for that is under way.
package enum RefundWait: String, CaseIterable, Sendable {
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
package struct Reason: Sendable, Equatable, CustomStringConvertible {
  package let text: String

  /// - Returns: `nil` when the text has not this shape, or shows nothing.
  package init?(_ text: String) {
    guard (1...80).contains(text.unicodeScalars.count), text.isReadable else { return nil }
    self.text = text
  }

  package static func == (left: Reason, right: Reason) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  package var description: String { text }
}
