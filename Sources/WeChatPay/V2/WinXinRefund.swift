package import Curl
package import Payments
package import Pooling

/// A merchant's conversation with WeChat about refunds: apply for one, query them.
///
/// What `WeiXinPay` is for orders, with one difference: it applies for refunds in sessions that show
/// the merchant's certificate (商户API证书). Questions go without it, so that a certificate which
/// has expired does not blind us.
package final class WinXinRefund: WeiXinPay {
  private let identitySessions: Pool<Session>?

  /// - Parameters:
  ///   - identitySessions: curl sessions opened with `SessionOptions.forRefunds(as:)`; `nil` when the
  ///     merchant has no certificate: then refunds can be asked about, and none is sent.
  ///   - deadline: no call takes longer than this.
  package init(
    merchant: Merchant, hosts: WeChatHosts, identitySessions: Pool<Session>?,
    deadline: ContinuousClock.Instant
  ) {
    self.identitySessions = identitySessions
    super.init(merchant: merchant, hosts: hosts, deadline: deadline)
  }

  package override func sessions(for call: WeChatCall) -> Pool<Session> {
    call == .refund ? identitySessions ?? super.sessions(for: call) : super.sessions(for: call)
  }

  /// Applies for a refund (申请退款), or applies again: one number is one refund, however often it
  /// is sent with the same parameters.
  ///
  /// At most one request leaves this machine for each call. Neither SYSTEMERROR nor a lost answer
  /// makes it send again: whoever calls has recorded this sending, and records the next one first.
  ///
  /// - Returns: WeChat's number of the refund, which is now accepted and not yet paid back: that is
  ///   for `queryRefund` to tell.
  /// - Throws: `WeChatPayError`; `didNotHappen` speaks of this call, not of an earlier one.
  package func refund(_ refund: ApplyRefund) throws(WeChatPayError) -> RefundID {
    if let obstacle = obstacle(to: refund) { throw obstacle }
    let answer = try send(
      .refund, refund.fields, about: refund.outTradeNo, refund: refund.outRefundNo,
      signType: refund.signType)
    guard answer["out_trade_no"].flatMap(OutTradeNo.init) == refund.outTradeNo,
      answer["out_refund_no"].flatMap(OutRefundNo.init) == refund.outRefundNo,
      answer["transaction_id"].flatMap(TransactionID.init) == refund.transactionID,
      answer["total_fee"].flatMap({ Fen(digits: $0) }) == refund.total,
      answer["refund_fee"].flatMap({ Fen(digits: $0) }) == refund.amount,
      let refundID = answer["refund_id"].flatMap(RefundID.init)
    else {
      throw WeChatPayError(
        .refund, wasSent: true, "expected a refund_id and the numbers and amounts that were sent")
    }
    return refundID
  }

  /// Why `refund` would not send anything; `nil` when it would.
  ///
  /// For whoever counts what is sent, to ask before counting.
  package func obstacle(to refund: ApplyRefund) -> WeChatPayError? {
    guard identitySessions != nil else {
      return WeChatPayError(
        .refund, wasSent: false,
        "the merchant has no certificate; set certificate_file and private_key_file",
        handling: .configure)
    }
    return refund.obstacle(by: merchant)
  }

  /// Asks for the state of a refund (查询退款) by our number.
  ///
  /// - Throws: `WeChatPayError`; `didNotHappen` when WeChat knows no refund of this number.
  package func queryRefund(
    _ outRefundNo: OutRefundNo, of outTradeNo: OutTradeNo
  ) throws(WeChatPayError) -> RefundRecord {
    let answer = try send(
      .refundQuery, ["out_refund_no": outRefundNo.text], about: outTradeNo, refund: outRefundNo,
      signType: merchant.signType)
    let page = try RefundPage(answer, of: outTradeNo)
    if let odd = page.list.unreadable.first {
      throw WeChatPayError(
        .refundQuery, wasSent: true, "the answer cannot be used: refund \(odd)")
    }
    guard let record = page.list.records.first, page.count == 1,
      record.outRefundNo == outRefundNo
    else {
      throw WeChatPayError(.refundQuery, wasSent: true, "expected this refund and no other")
    }
    return record
  }

  /// Asks for all refunds of a payment (查询退款), those that people made on the merchant platform
  /// included.
  ///
  /// - Returns: none when WeChat knows no refund of the payment.
  /// - Throws: `WeChatPayError`, also when the refunds changed from page to page: ask again.
  package func queryRefunds(
    of transactionID: TransactionID, outTradeNo: OutTradeNo
  ) throws(WeChatPayError) -> RefundList {
    var list = RefundList()
    var count = 0
    var total: Int?
    var isComplete = false
    while !isComplete {
      let page = try self.page(of: transactionID, outTradeNo: outTradeNo, from: count)
      list.records += page.list.records
      list.unreadable += page.list.unreadable
      list.identities += page.list.identities
      count += page.count
      total = page.total ?? total
      isComplete = page.count < RefundPage.size || count >= total ?? .max
    }
    // A refund that was made meanwhile moves others to another page.
    guard count == total ?? count, Set(list.identities).count == count else {
      throw WeChatPayError(.refundQuery, wasSent: true, "the pages do not fit together; ask again")
    }
    return list
  }

  /// - Parameter offset: how many records to skip.
  private func page(
    of transactionID: TransactionID, outTradeNo: OutTradeNo, from offset: Int
  ) throws(WeChatPayError) -> RefundPage {
    do throws(WeChatPayError) {
      let answer = try send(
        .refundQuery, ["transaction_id": transactionID.text, "offset": String(offset)],
        about: outTradeNo, signType: merchant.signType)
      guard answer["transaction_id"].flatMap(TransactionID.init) == transactionID else {
        throw WeChatPayError(.refundQuery, wasSent: true, "expected refunds of this payment")
      }
      return try RefundPage(answer, of: outTradeNo)
    } catch {
      guard error.code == .refundNotExist else { throw error }
      return RefundPage(total: nil)
    }
  }
}

extension ApplyRefund {
  /// Why WeChat is not spoken to about it on behalf of a merchant; `nil` when it is.
  package func obstacle(by merchant: Merchant) -> WeChatPayError? {
    guard appID != merchant.appID || merchantID != merchant.merchantID else { return nil }
    return WeChatPayError(
      .refund, wasSent: false,
      "expected a refund of appid \(merchant.appID) and mch_id \(merchant.merchantID), got one of"
        + " \(appID) and \(merchantID); the merchant's configuration was changed",
      handling: .configure)
  }
}

extension SessionOptions {
  /// The same options for applying for refunds: with the merchant's certificate (商户API证书), and
  /// each request on a connection of its own, which libcurl never repeats by itself.
  package func forRefunds(as identity: ClientIdentity) -> SessionOptions {
    var options = self
    options.identity = identity
    options.freshConnection = true
    return options
  }
}
