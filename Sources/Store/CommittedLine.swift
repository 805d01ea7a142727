public import Payments

/// A line of the journal that is committed: for a log that tells of money.
public struct CommittedLine: Sendable {
  public let merchant: MerchantName
  public let order: OutTradeNo
  /// The payment attempt; `nil` when it is about the order as such.
  public let outTradeNo: OutTradeNo?
  /// The refund; `nil` when it is about the payment.
  public let refund: OutRefundNo?
  /// `created`, `paid` …, or the name of an `Alarm`.
  public let event: String
  /// What a person must look at because of it.
  public let alarm: Alarm?
  /// A sentence for a person.
  public let detail: String
  /// Who has done it.
  public let act: Act

  init(_ line: JournalLine, _ act: Act) {
    merchant = line.merchant
    order = line.order
    outTradeNo = line.outTradeNo
    refund = line.refund
    event = line.event
    alarm = line.alarm
    detail = line.storedDetail
    self.act = act
  }
}
