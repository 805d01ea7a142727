package import Payments

/// A line of the journal that is committed: for a log that tells of money.
package struct CommittedLine: Sendable {
  package let merchant: MerchantName
  package let order: OutTradeNo
  /// The payment attempt; `nil` when it is about the order as such.
  package let outTradeNo: OutTradeNo?
  /// The refund; `nil` when it is about the payment.
  package let refund: OutRefundNo?
  /// `created`, `paid` …, or the name of an `Alarm`.
  package let event: String
  /// What a person must look at because of it.
  package let alarm: Alarm?
  /// A sentence for a person.
  package let detail: String
  /// Who has done it.
  package let act: Act

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
