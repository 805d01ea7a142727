package import Curl
package import Payments
package import Pooling

/// A merchant's conversation with WeChat about orders: pay, query, close.
///
/// Lives as long as the request it serves, on one thread. An answer is used only after its
/// signature, appid, mch_id and order number were found right; any other leaves the outcome unknown.
package class WeiXinPay {
  /// On whose behalf it is held.
  package let merchant: Merchant
  private let hosts: WeChatHosts
  private let deadline: ContinuousClock.Instant

  /// - Parameter deadline: no call takes longer than this, the way over the backup host included.
  package init(merchant: Merchant, hosts: WeChatHosts, deadline: ContinuousClock.Instant) {
    self.merchant = merchant
    self.hosts = hosts
    self.deadline = deadline
  }

  /// The curl sessions for a call. Calls that must prove the merchant by certificate (商户API证书)
  /// take place in sessions of their own: a reused plain connection sends none.
  package func sessions(for call: WeChatCall) -> Pool<Session> { hosts.sessions }

  /// Places an order (统一下单), or places it again: the same parameters give a prepay_id again.
  ///
  /// - Throws: `WeChatPayError`; `didNotHappen` speaks of this call, not of an earlier one.
  package func pay(_ order: UnifiedOrder) throws(WeChatPayError) -> PrepayID {
    if let obstacle = order.obstacle(to: .unifiedOrder, by: merchant) { throw obstacle }
    let answer = try send(
      .unifiedOrder, order.fields, about: order.outTradeNo, signType: order.signType)
    guard let prepayID = answer["prepay_id"].flatMap(PrepayID.init) else {
      throw WeChatPayError(
        .unifiedOrder, wasSent: true, "expected a prepay_id of 1 to 64 visible characters")
    }
    return prepayID
  }

  /// Asks for the state of an order (查询订单).
  package func query(_ outTradeNo: OutTradeNo) throws(WeChatPayError) -> OrderQueryAnswer {
    let answer = try send(
      .orderQuery, ["out_trade_no": outTradeNo.text], about: outTradeNo,
      signType: merchant.signType)
    // Only this answer says what is asked, so the number must not be missing in it.
    guard answer["out_trade_no"].flatMap(OutTradeNo.init) == outTradeNo,
      let word = answer["trade_state"]
    else {
      throw WeChatPayError(.orderQuery, wasSent: true, "expected out_trade_no and trade_state")
    }
    return OrderQueryAnswer(tradeState: TradeState(word: word), fields: answer)
  }

  /// Closes an order (关闭订单) that nobody shall pay any more. Closing it twice is harmless.
  ///
  /// WeChat refuses it earlier than 5 minutes after the order was placed.
  package func close(_ outTradeNo: OutTradeNo) throws(WeChatPayError) {
    do {
      _ = try send(
        .closeOrder, ["out_trade_no": outTradeNo.text], about: outTradeNo,
        signType: merchant.signType)
    } catch {
      guard error.handling == .done else { throw error }
    }
  }

  /// The pauses before a call that WeChat answered with SYSTEMERROR is sent again.
  /// Source: WeChat Pay APIv2, 错误码, SYSTEMERROR: the same parameters once more.
  private static let repetitionPauses = [1, 2, 4]

  /// Sends a call, and again with the same parameters as long as WeChat says SYSTEMERROR and the
  /// deadline allows it. A call that may not be repeated is sent once.
  ///
  /// - Returns: the fields of an answer whose `result_code` is SUCCESS.
  func send(
    _ call: WeChatCall, _ fields: Fields, about number: OutTradeNo,
    refund refundNumber: OutRefundNo? = nil, signType: SignType
  ) throws(WeChatPayError) -> Fields {
    let answer = Answer(
      call: call, number: number, refundNumber: refundNumber, signType: signType)
    var earlier: WeChatPayError?
    for seconds in Self.repetitionPauses {
      do {
        return try sendOnce(fields, awaiting: answer)
      } catch {
        let failure = error.following(earlier)
        let leavesTime = ContinuousClock.now + .seconds(seconds) + .seconds(1) < deadline
        guard error.code == .systemError, call.mayBeRepeated, leavesTime else { throw failure }
        earlier = failure
        pause(milliseconds: seconds * 1000)
      }
    }
    do {
      return try sendOnce(fields, awaiting: answer)
    } catch {
      throw error.following(earlier)
    }
  }

  /// Adds merchant and nonce, signs, posts, verifies.
  ///
  /// A repetition has a nonce of its own, at another host too, and so another signature; its other
  /// fields are the same.
  private func sendOnce(
    _ fields: Fields, awaiting answer: Answer
  ) throws(WeChatPayError) -> Fields {
    let (call, signType) = (answer.call, answer.signType)
    let (received, earlier): (Fields, TransportError)
    do {
      (received, earlier) = try hosts.exchange(
        path: call.path, mayBeRepeated: call.mayBeRepeated, sessions: sessions(for: call),
        deadline: deadline
      ) { signed(fields, signType) }
    } catch {
      // A server looks at the certificate before it passes the request on: in TLS before it takes a
      // byte, nginx before it asks the application behind it. What was turned away there refunded
      // nothing.
      let isTurnedAway = call == .refund && error.isCertificateFault
      throw WeChatPayError(
        call, wasSent: error.wasSent && !isTurnedAway, error.message,
        handling: error.isCertificateFault ? .configure : nil)
    }
    do {
      return try answer.verified(received, merchant: merchant)
    } catch {
      throw error.following(
        WeChatPayError(call, wasSent: earlier.wasSent, earlier.message))
    }
  }

  private func signed(_ fields: Fields, _ type: SignType) -> Fields {
    var message = fields
    message["appid"] = merchant.appID.text
    message["mch_id"] = merchant.merchantID.text
    message["nonce_str"] = Nonce.make()
    message["sign_type"] = type.rawValue
    message["sign"] = Signature.make(message, key: merchant.apiKey, type: type)
    return message
  }
}
