import Linux
import Payments
import Store
import WeChatPay

/// Brings a refund one step nearer to its end: sends it, or asks WeChat what became of it.
///
/// A send is counted before its first byte leaves, with parameters that were recorded when the
/// refund was approved. As long as a send may have arrived, WeChat is asked before another; every
/// send of a refund has the same number and the same parameters.
struct PursueRefund {
  private let conversation: Conversation
  private let duty: Duty

  init(_ conversation: Conversation, _ duty: Duty) {
    self.conversation = conversation
    self.duty = duty
  }

  private var store: Refunds { conversation.services.refunds }
  private var merchant: Merchant { conversation.merchant }

  func run() throws -> DutyEnding {
    guard let refund = try refund() else { return .done }
    if let obstacle = try obstacle(to: refund) { return try leave(refund, obstacle) }
    switch refund.state {
    case .approved: return try send(refund)
    case .sending:
      return try refund.isUnanswered || refund.isLeftToPerson ? ask(refund) : send(refund)
    case .processing, .abnormal: return try ask(refund)
    case .applied, .awaitingGoods, .succeeded, .closed, .rejected, .withdrawn, .refused:
      return try makeSure(refund)
    }
  }

  /// Gives up a refund that WeChat has refused so far, if WeChat does not know it.
  ///
  /// - Parameter act: whose decision it is.
  func giveUp(_ remark: String, by act: Act) throws -> DutyEnding {
    guard let refund = try refund() else { return .done }
    if let obstacle = try obstacle(to: refund) { return try leave(refund, obstacle) }
    // What may be on its way to WeChat cannot be caught up with, nor be asked about before it has
    // arrived.
    guard refund.state == .sending, !refund.isUnanswered else {
      return .again(afterSeconds: Patience.answer.seconds(attempt: 1), isFresh: false)
    }
    return try confirm(refusal: remark, refund, by: act)
  }

  private func refund() throws -> Refund? {
    guard let number = OutRefundNo(duty.subject) else { return nil }
    return try store.find(merchant.name, number, until: conversation.deadline)
  }

  /// Why WeChat is neither asked about it nor told to pay it: it, or its payment, belongs to another
  /// appid or mch_id than the merchant has now, under which WeChat would not know it.
  private func obstacle(to refund: Refund) throws -> WeChatPayError? {
    if let payment = try conversation.services.attempts.find(
      merchant.name, refund.outTradeNo, until: conversation.deadline)
    {
      do {
        try conversation.requireReach(of: payment, to: .refund)
      } catch let error as WeChatPayError {
        return error
      }
    }
    // A refund that was made elsewhere has no parameters here.
    let application = refund.parameters.flatMap { try? ApplyRefund(stored: $0) }
    return application?.obstacle(by: merchant)
  }

  /// Leaves it as it is until the merchant has its old numbers again.
  private func leave(_ refund: Refund, _ obstacle: WeChatPayError) throws -> DutyEnding {
    switch refund.state {
    case .approved: return try wait(.configuration, .notAccepted, "\(obstacle)", refund)
    case .sending, .processing:
      return try wait(
        .configuration,
        refund.state == .sending && !refund.isUnanswered ? .notAccepted : .unanswered,
        "\(obstacle)", refund)
    case .abnormal: return try wait(.person, .unanswered, "\(obstacle)", refund)
    case .applied, .awaitingGoods, .succeeded, .closed, .rejected, .withdrawn, .refused:
      return .done
    }
  }

  /// No money of such a refund should be moving, and yet somebody wants it looked at: a notification
  /// that names it, for instance. Should WeChat contradict the record, that becomes an alarm.
  private func makeSure(_ refund: Refund) throws -> DutyEnding {
    let later = DutyEnding.again(
      afterSeconds: Patience.answer.seconds(attempt: duty.attempt), isFresh: false)
    let record: RefundRecord
    do throws(WeChatPayError) {
      record = try conversation.refunds.queryRefund(refund.number, of: refund.outTradeNo)
    } catch {
      return error.outcome == .didNotHappen ? .done : later
    }
    guard let news = RefundNews(record) else { return later }
    _ = try store.record(news, of: refund, by: conversation.act("wechat-query"))
    return .done
  }

  private func send(_ refund: Refund) throws -> DutyEnding {
    let application = try ApplyRefund(stored: refund.parameters ?? "")
    // Nothing would leave: the merchant can still take back what was never sent. Nor does it keep
    // others from being sent, who may have another mini-program's parameters.
    if let obstacle = conversation.refunds.obstacle(to: application) {
      return try wait(.configuration, .notAccepted, "\(obstacle)", refund)
    }
    if let delay = try conversation.services.pace.take(
      .refund, merchant.name, until: conversation.deadline)
    {
      return try holdBack(refund, delay)
    }
    switch try store.takeTurnToSend(refund, duty, by: conversation.act("duty")) {
    case .tooSoon:
      return try wait(
        .spacing, .notAccepted, "another refund of the order was sent less than a minute ago",
        refund)
    case .overlap:
      return try wait(.person, .notAccepted, Alarm.refundOverlap.sentence, refund)
    case .send(let sent):
      crashPoint("R3")
      return try send(application, of: sent, before: refund)
    }
  }

  /// Says what keeps it, as it would otherwise seem to be sent right now.
  private func holdBack(_ refund: Refund, _ delay: Pace.Delay) throws -> DutyEnding {
    switch delay {
    case .crowded(let seconds): return .notBegun(afterSeconds: seconds + .random(in: 0...1))
    case .paused(let pause):
      if refund.wait != pause.wait {
        try store.note(
          refund.isUnanswered ? .unanswered : .notAccepted, waiting: pause.wait,
          remark: pause.remark, of: refund, duty, by: conversation.act("duty"))
      }
      // It comes back each minute, and thus in time.
      _ = try store.raiseDelay(of: refund, by: conversation.act("duty"))
      // At different times: all who were held back would come back at once. Not much later than the
      // pause ends, or those whose failures make it pause would always come first.
      return .notBegun(afterSeconds: pause.seconds + .random(in: 0...10))
    }
  }

  private func send(
    _ application: ApplyRefund, of refund: Refund, before: Refund
  ) throws -> DutyEnding {
    let refundID: RefundID
    do throws(WeChatPayError) {
      refundID = try conversation.refunds.refund(application)
    } catch {
      return try handle(error, refund)
    }
    crashPoint("R5")
    let news = RefundNews(
      .accepted, refundID: refundID, amount: refund.amount, succeededAt: nil)
    let accepted = try store.record(news, of: refund, by: conversation.act("wechat-answer"))
    crashPoint("R6")
    // The configuration is in order again, for the others, too.
    if before.wait == .configuration {
      try store.hurryAll(
        merchant.name, waitingFor: .configuration, by: conversation.act("wechat-answer"))
    }
    return ending(of: accepted, after: refund)
  }

  /// WeChat's table of errors, as `Handling` tells it.
  private func handle(
    _ error: WeChatPayError, _ refund: Refund
  ) throws -> DutyEnding {
    let doubt: RefundDoubt = error.outcome == .didNotHappen ? .notAccepted : .unanswered
    switch error.handling {
    case .sendAgain: return try wait(.weChat, doubt, "\(error)", refund)
    case .query, .done, .openNext, .notThere, .tellBuyer:
      // Without a code there is no verified answer, and nobody has refused anything.
      return error.code == nil
        ? try wait(.weChat, doubt, "\(error)", refund) : try waitAfterRefusal("\(error)", refund)
    case .slowDown:
      try pause(.pace, error)
      return try wait(.pace, doubt, "\(error)", refund)
    case .waitForFunds:
      return try waitForFunds("\(error)", doubt, refund)
    case .configure:
      // Every refund of the merchant would fail alike, and WeChat counts what is wrong.
      try pause(.configuration, error)
      return try wait(.configuration, doubt, "\(error)", refund)
    case .stop, .correctProgram:
      // An earlier send may be at work behind the refusal: WeChat has to say later, and once more,
      // that it does not know the number.
      guard refund.sends <= 1 || refund.refusals > 0 else {
        return try waitAfterRefusal("\(error)", refund)
      }
      return try confirm(
        refusal: "\(error)", refund, by: conversation.act("wechat-answer"))
    }
  }

  /// After a refusal whose code says nothing here: it may pass, as it may never. After a few of them
  /// a person decides; until then WeChat is only asked.
  private func waitAfterRefusal(_ refusal: String, _ refund: Refund) throws -> DutyEnding {
    let isLast = refund.refusals + 1 >= Refund.maximumRefusals
    try store.note(
      .unanswered, waiting: isLast ? .person : .weChat, remark: refusal, of: refund, duty,
      isRefusal: true, by: conversation.act("wechat-answer"))
    return .again(
      afterSeconds: Patience.answer.seconds(attempt: isLast ? 1 : duty.attempt), isFresh: false)
  }

  /// A refusal frees the amount only when WeChat does not know the number: an earlier send may have
  /// arrived.
  private func confirm(
    refusal: String, _ refund: Refund, by act: Act
  ) throws -> DutyEnding {
    let record: RefundRecord
    do throws(WeChatPayError) {
      record = try conversation.refunds.queryRefund(refund.number, of: refund.outTradeNo)
    } catch {
      guard error.outcome == .didNotHappen else {
        return try wait(error.wait, .unanswered, "\(refusal); then \(error)", refund)
      }
      _ = try store.recordRefused(refund, duty, remark: refusal, by: act)
      return .done
    }
    return try follow(record, refund)
  }

  private func ask(_ refund: Refund) throws -> DutyEnding {
    let record: RefundRecord
    do throws(WeChatPayError) {
      record = try conversation.refunds.queryRefund(refund.number, of: refund.outTradeNo)
    } catch {
      crashPoint("R7")
      // WeChat has never had it: the same request once more.
      if refund.state == .sending, error.outcome == .didNotHappen {
        // What WeChat has refused so often, and does not know, can be withdrawn or sent again.
        return try refund.isLeftToPerson
          ? wait(.person, .notAccepted, refund.remark ?? "\(error)", refund) : send(refund)
      }
      // An abnormal one waits for a person, whatever WeChat says.
      if refund.state == .abnormal { return try wait(.person, .unanswered, "\(error)", refund) }
      return try refund.isLeftToPerson
        ? wait(.person, .unanswered, refund.remark ?? "\(error)", refund)
        : wait(error.wait, .unanswered, "\(error)", refund)
    }
    crashPoint("R7")
    return try follow(record, refund)
  }

  private func follow(_ record: RefundRecord, _ refund: Refund) throws -> DutyEnding {
    guard let news = RefundNews(record) else {
      return try wait(
        .weChat, .unanswered, "refundquery: the word \(record.status.word.prefix(32)) is not known",
        refund)
    }
    return ending(
      of: try store.record(news, of: refund, by: conversation.act("wechat-query")),
      after: refund)
  }

  private func waitForFunds(
    _ remark: String, _ doubt: RefundDoubt, _ refund: Refund
  ) throws -> DutyEnding {
    let application = try ApplyRefund(stored: refund.parameters ?? "")
    guard doubt == .notAccepted, let account = merchant.refundAccountFallback,
      application.account != account
    else { return try wait(.funds, doubt, remark, refund) }
    try store.note(
      doubt, waiting: .funds, remark: "\(remark); next from \(account.rawValue)", of: refund, duty,
      parameters: application.drawn(from: account).stored,
      by: conversation.act("wechat-answer"))
    return .again(afterSeconds: 1, isFresh: false)
  }

  private func wait(
    _ wait: RefundWait, _ doubt: RefundDoubt, _ remark: String, _ refund: Refund
  ) throws -> DutyEnding {
    try store.note(
      doubt, waiting: wait, remark: remark, of: refund, duty,
      by: conversation.act("wechat-answer"))
    let seconds: Int64 =
      switch wait {
      case .spacing: Refunds.spacingSeconds
      case .weChat: Patience.answer.seconds(attempt: duty.attempt)
      case .pace: 60
      case .funds: Patience.funds.seconds(attempt: duty.attempt)
      case .configuration: Patience.configuration.seconds(attempt: duty.attempt)
      case .person: Patience.person.seconds(attempt: duty.attempt)
      }
    // No later than the moment at which a person is told.
    let untilAlarm = try store.raiseDelay(of: refund, by: conversation.act("duty"))
    return .again(afterSeconds: min(seconds, untilAlarm ?? seconds), isFresh: false)
  }

  private func pause(_ wait: RefundWait, _ error: WeChatPayError) throws {
    try conversation.services.pace.pause(
      .refund, merchant.name, seconds: 60, wait, "\(error)",
      until: conversation.act("wechat-answer").deadline)
  }

  private func ending(of refund: Refund, after before: Refund) -> DutyEnding {
    let isFresh = refund.state != before.state
    let attempt = isFresh ? 1 : duty.attempt
    switch refund.state {
    case .processing:
      return .again(afterSeconds: Patience.arrival.seconds(attempt: attempt), isFresh: isFresh)
    case .abnormal:
      return .again(afterSeconds: Patience.person.seconds(attempt: attempt), isFresh: isFresh)
    // The news contradicted the record: an alarm tells a person, WeChat is asked again.
    case .approved, .sending:
      return .again(afterSeconds: Patience.answer.seconds(attempt: attempt), isFresh: false)
    case .applied, .awaitingGoods, .succeeded, .closed, .rejected, .withdrawn, .refused:
      return .done
    }
  }
}

extension WeChatPayError {
  /// What a refund waits for that WeChat could not be asked about.
  fileprivate var wait: RefundWait { handling == .configure ? .configuration : .weChat }
}

extension RefundNews {
  /// - Returns: `nil` for a status whose meaning we do not know: it changes nothing.
  init?(_ record: RefundRecord) {
    let event: RefundEvent
    switch record.status {
    case .success: event = .succeeded
    case .processing: event = .accepted
    case .refundClose: event = .closed
    case .change: event = .abnormal
    case .other: return nil
    }
    self.init(
      event, refundID: record.refundID, amount: record.amount, succeededAt: record.succeededAt)
  }
}
