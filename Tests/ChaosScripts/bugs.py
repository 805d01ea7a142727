"""The bugs that are planted: each a few edits of one file, and the scenarios that are to show it.

The edits quote the source. One that no longer fits is to be mended here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    name: str
    file: str
    scenarios: str
    # What is written, and what is written in its place.
    edits: tuple

    def plant(self, text):
        for right, wrong in self.edits:
            if text.count(right) != 1:
                raise ValueError(f"{self.name}: {self.file} has no such place: {right}")
            text = text.replace(right, wrong)
        return text


HANDLERS, STORE, DELIVERY = "Sources/Gateway/Handlers", "Sources/Store", "Sources/Outbox"
CHECKOUT, DUTIES = "Sources/Checkout", "Sources/Checkout/FollowUps"

STORED = '    let application = try ApplyRefund(stored: refund.parameters ?? "")\n    // Nothing'

BUGS = [
    Bug("acknowledge before the commit", f"{CHECKOUT}/RecordNotification.swift",
        "N4 P4 random-kills", ((
        """    let outcomes = try services.notifications.record([message], by: act)
""", """    let (notifications, act) = (services.notifications, act)
    try NativeThread.start(name: "late") {
      let end = ContinuousClock.now + .milliseconds(100)
      while .now < end {}
      _ = try? notifications.record([message], by: act)
    }.detach()
    let outcomes: [PaidOutcome?] = []
"""),)),
    Bug("pay without comparing the amount", f"{STORE}/RecordPaid.swift", "lies", ((
        "AND total_fee = ? AND openid = ?", "AND total_fee <> -? AND openid = ?"),)),
    Bug("pay without comparing the payer", f"{STORE}/RecordPaid.swift", "lies", ((
        "AND total_fee = ? AND openid = ?", "AND total_fee = ? AND openid <> CONCAT(?, '-')"),)),
    Bug("believe any signature", "Sources/WeChatPay/V2/Signature.swift", "lies", ((
        "guard equalInConstantTime(Array(made.utf8), Array(sign.utf8)) else",
        "guard equalInConstantTime(Array(made.utf8), Array(sign.utf8)) || !made.isEmpty else"),)),
    Bug("send again under a new number", f"{DUTIES}/PursueRefund.swift", "lost-answers", ((
        STORED, """    let stored = refund.parameters ?? ""
    let application = try ApplyRefund(
      stored: refund.sends == 0
        ? stored
        : stored.split(separator: refund.number.text).joined(
          separator: OutRefundNo.random().text))
    // Nothing"""),)),
    Bug("send again in other words", f"{DUTIES}/PursueRefund.swift", "lost-answers", ((
        STORED, """    let stored = refund.parameters ?? ""
    let application = try ApplyRefund(
      stored: refund.sends == 0
        ? stored
        : stored.split(separator: "</xml>").joined() + "<device_info>again</device_info></xml>")
    // Nothing"""),)),
    Bug("read the sum, then reserve", f"{STORE}/RefundRow.swift", "rush", ((
        """    let changed = try execute(
      \"""
      UPDATE payment SET reserved_fee = reserved_fee + ?, \\(counting)
""", """    let fits = try query(
      \"""
      SELECT 1 FROM payment WHERE merchant = ? AND out_trade_no = ? AND order_no = ?
        AND transaction_id = ? AND reserved_fee + ? <= total_fee
      \""", application.paymentKey + [amount])
    guard !fits.isEmpty else { throw NotRefundable.exceeds(left: .zero) }
    let changed = try execute(
      \"""
      UPDATE payment SET reserved_fee = reserved_fee + ?, \\(counting)
"""), ("AND state = 'paid' AND reserved_fee + ? <= total_fee AND",
       "AND state = 'paid' AND ? > 0 AND"))),
    Bug("count a send when it is answered", f"{STORE}/RefundSending.swift", "R5 R4", (
        ('"sends = sends + 1", "unanswered = 1"', '"unanswered = 1"'),
        ('"succeeded_at = COALESCE(?, succeeded_at)", "unanswered = 0"',
         '"succeeded_at = COALESCE(?, succeeded_at)", "sends = sends + unanswered",'
         ' "unanswered = 0"'))),
    Bug("release what may have arrived", f"{DUTIES}/PursueRefund.swift", "lost-answers", ((
        """      return error.code == nil
        ? try wait(.weChat, doubt, "\\(error)", refund) : try waitAfterRefusal("\\(error)", refund)
""", """      let act = conversation.act("wechat-answer")
      _ = try store.recordRefused(refund, duty, remark: "\\(error)", by: act)
      return .done
"""),)),
    Bug("take accepted for paid back", f"{DUTIES}/PursueRefund.swift", "lies", ((
        "      .accepted, refundID: refundID, amount: refund.amount, succeededAt: nil)",
        "      .succeeded, refundID: refundID, amount: refund.amount, succeededAt: nil)"),)),
    Bug("forget the key of a request", f"{HANDLERS}/MerchantRefunds.swift", "R2 R6", ((
        "key: try context.requestKey(of: IssueRefund.keyHolder)", "key: nil"),)),
    Bug("let nothing be due after an approval", f"{STORE}/Refunds.swift", "R2", ((
        """          try connection.plan(
            .refund, refund.merchant, refund.number.text, afterSeconds: 0)
""", ""),)),
    Bug("leave success out of the history", f"{STORE}/RefundRow.swift", "lies", ((
        "if to != refund.state || event == .sent {",
        "if (to != refund.state || event == .sent) && event != .succeeded {"),)),
    Bug("keep what a closed refund held", f"{STORE}/RefundRow.swift", "damage", ((
        "if refund.state.holdsAmount, !to.holdsAmount {",
        "if refund.state.holdsAmount, !to.holdsAmount, to != .closed {"),)),
    Bug("keep no refund notification", f"{STORE}/RefundHints.swift", "R8", ((
        """      let stored = try connection.store(
        StoredMessage(
          merchant: hint.merchant, outTradeNo: hint.outTradeNo, transactionID: hint.transactionID,
          refundNumber: hint.storedNumber, outcome: "applied", reason: nil, body: hint.body,
          content: hint.content), by: act)
      if stored.isNew {
        let isRepeated = try connection.hasHint(like: hint, beside: stored.id, at: act.now)
""", "      if !hint.body.isEmpty {\n        let isRepeated = false\n"),)),
    Bug("count as told what has not arrived", f"{DELIVERY}/DeliverEvents.swift", "O1 O2", ((
        "      remark = try channel.tell(",
        """      try services.deliveries.recordArrived(
        pending, remark: nil, isRemarkable: false, by: conversation.act("delivery"))
      remark = try channel.tell("""),)),
    Bug("tell the latest event first", f"{STORE}/Deliveries.swift", "O1 O3", ((
        "ORDER BY e.seq LIMIT 1", "ORDER BY e.seq DESC LIMIT 1"),)),
    Bug("tell nobody of an approval", f"{STORE}/Journal.swift", "O1 O2", ((
        "if let event = line.tells { try tell(event, line, by: act) }",
        "if let event = line.tells, event != .refundApproved { try tell(event, line, by: act) }"),)),
]
