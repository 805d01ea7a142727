import MariaDB
package import Payments

/// An event of an order with the facts as they were when it happened.
///
/// Made of rows whose facts do not change once they are there, so that the same event is told in
/// the same words however late and however often. Only of a payment that had been refunded before it
/// was known here, more may be known the second time.
package struct ShopNews: Sendable, Equatable {
  package let merchant: MerchantName
  package let order: OutTradeNo
  /// Counts the order's events from 1 without gaps.
  package let sequence: Int64
  package let event: ShopEvent
  /// When it was recorded here.
  package let at: BeijingTime
  /// The payment attempt.
  package let outTradeNo: OutTradeNo?
  /// What the attempt asks or asked for.
  package let total: Fen?
  /// What the order cost in `shop_order` when this payment was recorded, if that is known.
  package let orderTotal: Fen?
  /// What a person must look at before anything is delivered.
  package let alarms: [Alarm]
  /// The payment, unless nothing was paid.
  package let payment: PaymentFacts?
  /// The refund, if it is about one.
  package let refund: RefundFacts?
  /// What refunds have given back of the order so far, this event's included: those that are told
  /// by now, and those from before a payment was known here, as far as WeChat has named them yet.
  package let refunded: Fen
  /// The stored message that proved it, if it was one.
  package let notificationID: Int64?

  package struct PaymentFacts: Sendable, Equatable {
    package let payer: OpenID
    package let transactionID: TransactionID
    package let paidAt: BeijingTime
  }

  package struct RefundFacts: Sendable, Equatable {
    package let number: OutRefundNo
    package let kind: RefundKind
    /// What was applied for, or what of it was decided.
    package let amount: Fen
    package let reason: String
    /// Only with the decision and what follows it.
    package let reviewReason: String?
    /// Only with what WeChat reports.
    package let refundID: RefundID?
    package let succeededAt: BeijingTime?
  }
}

extension ShopNews {
  /// The columns of `init`, for a query over `event e`.
  static let columns = """
    e.merchant, e.order_no, e.seq, e.event, e.at, e.out_trade_no, e.out_refund_no, e.notification_id,
    e.alarms,
    (SELECT f.order_fee FROM event f WHERE f.merchant = e.merchant AND f.order_no = e.order_no
      AND f.seq <= e.seq AND f.out_trade_no = e.out_trade_no AND f.order_fee IS NOT NULL
      ORDER BY f.seq DESC LIMIT 1) AS order_fee,
    p.openid AS payer, p.total_fee, p.transaction_id, p.paid_at,
    r.kind, r.applied_fee, r.refund_fee, r.reason, r.review_reason, r.refund_id, r.succeeded_at,
    (SELECT CAST(COALESCE(SUM(x.refund_fee), 0) AS SIGNED)
      FROM event s JOIN refund x ON x.merchant = s.merchant AND x.out_refund_no = s.out_refund_no
      WHERE s.merchant = e.merchant AND s.order_no = e.order_no AND s.event = 'refund_succeeded'
        AND (s.seq <= e.seq OR EXISTS (SELECT 1 FROM event paid
          WHERE paid.merchant = e.merchant AND paid.order_no = e.order_no AND paid.seq <= e.seq
            AND paid.out_trade_no = x.out_trade_no
            AND FIND_IN_SET('\(Alarm.refundedElsewhere.rawValue)', paid.alarms) > 0
            AND LEAST(s.at - \(refundSearchSeconds) * 1000000, COALESCE(x.succeeded_at, s.at))
              <= paid.at))) AS refunded_fee
    """

  static let tables = """
    event e
    LEFT JOIN payment p ON p.merchant = e.merchant AND p.out_trade_no = e.out_trade_no
    LEFT JOIN refund r ON r.merchant = e.merchant AND r.out_refund_no = e.out_refund_no
    """

  init(_ columns: Columns) throws {
    let event = try columns.value("event", ShopEvent.init(rawValue:))
    guard let at = try columns.time("at"),
      let refunded = Fen(try columns.row.integer("refunded_fee"))
    else { throw columns.unusable("at") }
    self.init(
      merchant: try columns.value("merchant", MerchantName.init),
      order: try columns.value("order_no", OutTradeNo.init),
      sequence: try columns.row.integer("seq"), event: event, at: at,
      outTradeNo: try columns.optional("out_trade_no", OutTradeNo.init),
      total: try columns.row.optionalInteger("total_fee").flatMap { Fen($0) },
      orderTotal: try columns.row.optionalInteger("order_fee").flatMap { Fen($0) },
      alarms: try columns.row.text("alarms").split(separator: ",").compactMap {
        Alarm(rawValue: String($0))
      },
      payment: try PaymentFacts(columns, event), refund: try RefundFacts(columns, event),
      refunded: refunded, notificationID: try columns.row.optionalInteger("notification_id"))
  }
}

extension ShopNews.PaymentFacts {
  /// A payment that came after the closing is not what `closed` tells of.
  fileprivate init?(_ columns: Columns, _ event: ShopEvent) throws {
    guard event != .closed, let payer = try columns.optional("payer", OpenID.init),
      let transactionID = try columns.optional("transaction_id", TransactionID.init),
      let paidAt = try columns.time("paid_at")
    else { return nil }
    self.init(payer: payer, transactionID: transactionID, paidAt: paidAt)
  }
}

extension ShopNews.RefundFacts {
  fileprivate init?(_ columns: Columns, _ event: ShopEvent) throws {
    guard let number = try columns.optional("out_refund_no", OutRefundNo.init) else { return nil }
    let isDecided = event != .refundApplied
    let isWeChats = [.refundSucceeded, .refundClosed, .refundAbnormal].contains(event)
    self.init(
      number: number, kind: try columns.value("kind", RefundKind.init),
      amount: try columns.payable(isDecided ? "refund_fee" : "applied_fee"),
      reason: try columns.row.text("reason"),
      reviewReason: isDecided ? try columns.row.optionalText("review_reason") : nil,
      refundID: isWeChats ? try columns.optional("refund_id", RefundID.init) : nil,
      succeededAt: event == .refundSucceeded ? try columns.time("succeeded_at") : nil)
  }
}
